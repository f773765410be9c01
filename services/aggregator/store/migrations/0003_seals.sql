-- What a source under embargo says is sealed: the ledger has a commitment to it, and the content lies in a
-- table of its own until the seal is opened. Everything in the ledger is public from here on.

-- Ends the lead of an aggregator of an older version, which would go on writing such entries.
UPDATE canvass.writer SET epoch = epoch + 1, writer_id = gen_random_uuid();

-- Older versions keep it in the ledger and hide it. It would become public now.
DO $$
DECLARE
  held record;
BEGIN
  SELECT e.election_id, s.source_id, s.visible_from INTO held
  FROM canvass.newest_sources s
  JOIN canvass.elections e USING (election_no)
  WHERE s.visible_from > now()
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'source "%" of election "%" is under embargo until %, and this version would show '
      'what it has said before; migrate after that time', held.source_id, held.election_id,
      held.visible_from;
  END IF;
END
$$;

INSERT INTO canvass.entry_kinds (kind, name) VALUES
  (10, 'EMBARGO_SEAL'),
  (11, 'SEAL_OPENING'),
  (12, 'SEAL_WITHDRAWAL');

ALTER TABLE canvass.entries DROP CONSTRAINT entries_kind_check;
ALTER TABLE canvass.entries ADD CONSTRAINT entries_kind_check CHECK (kind BETWEEN 1 AND 12);
ALTER TABLE canvass.entries ADD COLUMN seal_sequence bigint;
-- A seal is opened or withdrawn once.
CREATE UNIQUE INDEX entries_seals ON canvass.entries (election_no, seal_sequence)
  WHERE seal_sequence IS NOT NULL;

COMMENT ON COLUMN canvass.entries.kind IS
  'What happened: see entry_kinds. An opening has the kind of what was sealed.';
COMMENT ON COLUMN canvass.entries.actor IS
  'Who caused it, as authenticated; of an opening, who caused what was sealed. Empty for a seal.';
COMMENT ON COLUMN canvass.entries.seal_sequence IS
  'The seal that this opens or withdraws; null for everything else.';

CREATE TABLE canvass.sealed_contents (
  election_no integer NOT NULL,
  sequence bigint NOT NULL,
  nonce bytea NOT NULL CHECK (octet_length(nonce) = 32),
  content bytea NOT NULL,
  PRIMARY KEY (election_no, sequence)
);

COMMENT ON TABLE canvass.sealed_contents IS
  'What seals hide; only the aggregator may read it. A row stays when its seal was opened or '
  'withdrawn.';
COMMENT ON COLUMN canvass.sealed_contents.election_no IS 'Which election.';
COMMENT ON COLUMN canvass.sealed_contents.sequence IS 'Entry of the seal.';
COMMENT ON COLUMN canvass.sealed_contents.nonce IS 'Random bytes of the commitment.';
COMMENT ON COLUMN canvass.sealed_contents.content IS
  'The exact bytes that the seal commits to, with the nonce.';

GRANT SELECT, INSERT ON canvass.sealed_contents TO canvass_writer;

-- The clock of the writer, compared in the transaction that it stamps.
CREATE FUNCTION canvass.assert_clock(writer_micros bigint, difference_max interval) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  here timestamptz := clock_timestamp();
  writer timestamptz := to_timestamp(writer_micros / 1000000.0);
BEGIN
  IF abs(extract(epoch FROM here) - extract(epoch FROM writer)) > extract(epoch FROM difference_max) THEN
    RAISE EXCEPTION 'the writer''s clock says %, but this server''s says %', writer, here
      USING ERRCODE = 'CV002';
  END IF;
END
$$;

COMMENT ON FUNCTION canvass.assert_clock(bigint, interval) IS
  'Fails with CV002 if the writer''s clock, in microseconds since 1970, is further from the server''s '
  'than difference_max.';
REVOKE ALL ON FUNCTION canvass.assert_clock(bigint, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION canvass.assert_clock(bigint, interval) TO canvass_writer;

-- The views as before, without what hid rows.
CREATE OR REPLACE VIEW canvass.current_reports AS
SELECT r.election_id, c.contest_id, s.source_id, st.station_id, a.area_id, r.revision, r.sequence,
  r.recorded_at, r.registered_voters, r.ballots_issued, r.ballots_cast, r.blank_votes,
  r.invalid_votes, r.asked, r.refused, r.undecided, r.votes, r.election_no, r.contest_no,
  r.source_no, r.station_no, r.station_area_no AS area_no
FROM canvass.counting_reports r
JOIN canvass.newest_contests c USING (election_no, contest_no)
JOIN canvass.newest_sources s USING (election_no, source_no)
JOIN canvass.newest_stations st USING (election_no, station_no)
JOIN canvass.newest_areas a ON a.election_no = r.election_no AND a.area_no = r.station_area_no;

CREATE OR REPLACE VIEW canvass.places AS
SELECT e.election_id, c.contest_id, s.source_id, a.area_id, c.election_no, c.contest_no,
  s.source_no, a.area_no, c.sequence
FROM canvass.newest_contests c
JOIN canvass.elections e USING (election_no)
JOIN canvass.newest_sources s USING (election_no)
JOIN canvass.area_closure t ON t.election_no = c.election_no AND t.area_no = c.area_no
JOIN canvass.newest_areas a ON a.election_no = t.election_no AND a.area_no = t.below_no;

CREATE OR REPLACE VIEW canvass.station_reports AS
SELECT e.election_id, c.contest_id, s.source_id, st.station_id, st.name AS station_name, a.area_id,
  r.revision,
  CASE
    WHEN r.annulled THEN 'ANNULLED'
    WHEN r.revision < station.counting THEN 'SUPERSEDED'
    WHEN r.revision = station.counting THEN 'COUNTED'
    WHEN r.revision < station.newest THEN 'SUPERSEDED'
    ELSE 'HELD'
  END AS state,
  r.sequence, r.recorded_at, r.actor, r.registered_voters, r.ballots_issued, r.ballots_cast,
  r.blank_votes, r.invalid_votes, r.asked, r.refused, r.undecided, r.votes, r.findings, r.reason,
  r.election_no, r.contest_no, r.source_no, r.station_no
FROM canvass.recorded_reports r
JOIN canvass.elections e USING (election_no)
JOIN canvass.newest_contests c USING (election_no, contest_no)
JOIN canvass.newest_sources s USING (election_no, source_no)
JOIN canvass.newest_stations st USING (election_no, station_no)
JOIN canvass.newest_areas a ON a.election_no = st.election_no AND a.area_no = st.area_no
CROSS JOIN LATERAL (
  SELECT max(n.revision) AS newest,
    max(n.revision) FILTER (WHERE (NOT n.held OR n.released) AND NOT n.annulled) AS counting
  FROM canvass.recorded_reports n
  WHERE n.election_no = r.election_no AND n.station_no = r.station_no
    AND n.contest_no = r.contest_no AND n.source_no = r.source_no
) station;

CREATE OR REPLACE VIEW canvass.ledger_entries AS
SELECT e.election_id, l.sequence, l.recorded_at,
  encode(l.leaf_hash, 'hex') AS entry_hash,
  CASE WHEN l.kind <> 12 AND l.seal_sequence IS NOT NULL THEN 'SEAL_OPENING' ELSE k.name END AS kind,
  l.actor, c.contest_id, s.source_id, st.station_id, l.revision, l.reason, l.entry, l.seal_sequence
FROM canvass.entries l
JOIN canvass.elections e USING (election_no)
JOIN canvass.entry_kinds k USING (kind)
LEFT JOIN canvass.newest_contests c USING (election_no, contest_no)
LEFT JOIN canvass.newest_sources s USING (election_no, source_no)
LEFT JOIN canvass.newest_stations st USING (election_no, station_no);

ALTER VIEW canvass.candidate_totals RESET (security_barrier);
ALTER VIEW canvass.area_totals RESET (security_barrier);

COMMENT ON COLUMN canvass.sources.visible_from IS
  'Embargo: what it says before this time is sealed; null for none.';
COMMENT ON COLUMN canvass.newest_sources.visible_from IS
  'Embargo: what it says before this time is sealed; null for none.';
COMMENT ON COLUMN canvass.current_sources.visible_from IS
  'Embargo: what it says before this time is sealed; null for none.';
COMMENT ON VIEW canvass.counting_reports IS
  'The counting report of each station, contest and source: its newest revision that is neither '
  'held nor annulled.';
COMMENT ON VIEW canvass.places IS
  'Every contest, source, and area at or below the contest''s.';
COMMENT ON VIEW canvass.ledger_entries IS 'The ledger of each election.';
COMMENT ON COLUMN canvass.ledger_entries.recorded_at IS 'When it was recorded.';
COMMENT ON COLUMN canvass.ledger_entries.actor IS
  'Who caused it, as authenticated; of an opening, who caused what was sealed. Empty for a seal.';
COMMENT ON COLUMN canvass.ledger_entries.seal_sequence IS 'The seal that it opens or withdraws.';

GRANT SELECT ON canvass.counting_reports TO canvass_reader, canvass_writer;
