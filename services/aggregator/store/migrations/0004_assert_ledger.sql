-- What the writer has committed is compared with what is there, in the transaction that adds to it. And an auditor
-- who may read may read all that is public.

CREATE FUNCTION canvass.assert_ledger(election integer, last_sequence bigint, last_hash bytea,
  counted_after bigint, counted_upto bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  id text := (SELECT election_id FROM canvass.elections WHERE election_no = election);
  sequence_here bigint := 0;
  hash_here bytea := '';
  stored_hash_here bytea := '';
  rows_here bigint;
BEGIN
  SELECT sequence, sha256('\x00'::bytea || entry), leaf_hash
  INTO sequence_here, hash_here, stored_hash_here
  FROM canvass.entries WHERE election_no = election ORDER BY sequence DESC LIMIT 1;
  IF coalesce(sequence_here, 0) <> last_sequence THEN
    RAISE EXCEPTION 'the ledger of % ends with entry % (leaf hash %), but the last entry that was committed is % (leaf hash %)',
      coalesce(id, election::text), coalesce(sequence_here, 0), coalesce(encode(hash_here, 'hex'), 'none'),
      last_sequence, coalesce(nullif(encode(last_hash, 'hex'), ''), 'none')
      USING ERRCODE = 'CV003';
  END IF;
  IF last_sequence > 0 AND (hash_here <> last_hash OR stored_hash_here <> last_hash) THEN
    RAISE EXCEPTION 'entry % of % has the leaf hash % and is stored with the leaf hash %, but was committed with the leaf hash %',
      last_sequence, coalesce(id, election::text), encode(hash_here, 'hex'), encode(stored_hash_here, 'hex'),
      encode(last_hash, 'hex')
      USING ERRCODE = 'CV003';
  END IF;
  SELECT count(*) INTO rows_here FROM canvass.entries
  WHERE election_no = election AND sequence > counted_after AND sequence <= counted_upto;
  IF rows_here <> counted_upto - counted_after THEN
    RAISE EXCEPTION 'of the entries % to % of %, % are there; the first that is missing is %',
      counted_after + 1, counted_upto, coalesce(id, election::text), rows_here,
      (SELECT min(n) FROM generate_series(counted_after + 1, counted_upto) n WHERE NOT EXISTS
        (SELECT FROM canvass.entries WHERE election_no = election AND sequence = n))
      USING ERRCODE = 'CV003';
  END IF;
END
$$;

COMMENT ON FUNCTION canvass.assert_ledger(integer, bigint, bytea, bigint, bigint) IS
  'Fails with CV003 unless the election''s ledger ends with last_sequence, 0 for none, that entry has the leaf hash '
  'last_hash, and no entry after counted_after is missing up to counted_upto.';
REVOKE ALL ON FUNCTION canvass.assert_ledger(integer, bigint, bytea, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION canvass.assert_ledger(integer, bigint, bytea, bigint, bigint) TO canvass_writer;

-- What the ledger says is public. The rows themselves, not a view of them, are what an auditor compares.
GRANT SELECT ON canvass.elections, canvass.entries, canvass.election_versions, canvass.contests,
  canvass.candidates, canvass.sources, canvass.areas, canvass.stations TO canvass_reader;
