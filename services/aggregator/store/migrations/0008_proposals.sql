-- An annulment or certification may need two operators: the first one's proposal is an entry of its own.

INSERT INTO canvass.entry_kinds (kind, name) VALUES
  (13, 'ANNULMENT_PROPOSAL'),
  (14, 'CERTIFICATION_PROPOSAL');

-- The rows are known to be below 13, so that nobody has to wait until they are read again.
ALTER TABLE canvass.entries DROP CONSTRAINT entries_kind_check;
ALTER TABLE canvass.entries ADD CONSTRAINT entries_kind_check CHECK (kind BETWEEN 1 AND 14) NOT VALID;
ALTER TABLE canvass.entries ADD COLUMN proposed_by text;
ALTER TABLE canvass.election_versions ADD COLUMN two_operators boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN canvass.entries.proposed_by IS
  'Of an annulment or certification that two operators made: who proposed it. The actor confirmed it.';
COMMENT ON COLUMN canvass.election_versions.two_operators IS
  'Whether an annulment or certification needs two operators.';

CREATE OR REPLACE VIEW canvass.current_elections AS
SELECT e.election_id, v.name, jsonb_object(v.names) AS names, v.polling_date, v.time_zone,
  v.polls_close_at, v.previous_election_id, v.rehearsal, jsonb_object(v.notices) AS notices,
  v.election_no, v.sequence, v.two_operators
FROM canvass.election_versions v
JOIN canvass.elections e USING (election_no)
WHERE NOT EXISTS (
  SELECT FROM canvass.election_versions n
  WHERE n.election_no = v.election_no AND n.sequence > v.sequence);

COMMENT ON COLUMN canvass.current_elections.two_operators IS
  'Whether an annulment or certification needs two operators.';

CREATE OR REPLACE VIEW canvass.ledger_entries AS
SELECT e.election_id, l.sequence, l.recorded_at,
  encode(l.leaf_hash, 'hex') AS entry_hash,
  CASE WHEN l.kind <> 12 AND l.seal_sequence IS NOT NULL THEN 'SEAL_OPENING' ELSE k.name END AS kind,
  l.actor, c.contest_id, s.source_id, st.station_id, l.revision, l.reason, l.entry, l.seal_sequence,
  l.proposed_by
FROM canvass.entries l
JOIN canvass.elections e USING (election_no)
JOIN canvass.entry_kinds k USING (kind)
LEFT JOIN canvass.newest_contests c USING (election_no, contest_no)
LEFT JOIN canvass.newest_sources s USING (election_no, source_no)
LEFT JOIN canvass.newest_stations st USING (election_no, station_no);

COMMENT ON COLUMN canvass.ledger_entries.proposed_by IS
  'Of an annulment or certification that two operators made: who proposed it. The actor confirmed it.';
