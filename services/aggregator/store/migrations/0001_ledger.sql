-- The ledger, and what it needs beside it. Everything lies in the schema canvass, which the
-- migrations' runner has made; the owner of the schema runs this.

-- Who may do what. A deployment may have made the roles before, or grants them to its logins.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'canvass_writer') THEN
    CREATE ROLE canvass_writer NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'canvass_reader') THEN
    CREATE ROLE canvass_reader NOLOGIN;
  END IF;
END
$$;

COMMENT ON SCHEMA canvass IS
  'Canvass''s ledger of elections. Programs and people read the views as the role canvass_reader; '
  'only the aggregator writes, as the role canvass_writer, and it can only add.';

CREATE TABLE canvass.ledger (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  ledger_id uuid NOT NULL DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO canvass.ledger DEFAULT VALUES;

COMMENT ON TABLE canvass.ledger IS
  'Names this ledger; one row. After a restore from a backup its owner gives it a new name, so that '
  'whoever saw later entries notices.';
COMMENT ON COLUMN canvass.ledger.only_row IS 'Always true: there is one row.';
COMMENT ON COLUMN canvass.ledger.ledger_id IS 'Random name.';
COMMENT ON COLUMN canvass.ledger.created_at IS 'When the schema was made.';

CREATE TABLE canvass.writer (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  epoch bigint NOT NULL DEFAULT 0,
  writer_id uuid NOT NULL DEFAULT gen_random_uuid(),
  took_lead_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO canvass.writer DEFAULT VALUES;

COMMENT ON TABLE canvass.writer IS
  'The aggregator that leads; one row. Whoever takes the lead changes it, and every append checks '
  'it, so that an aggregator that has lost the lead cannot commit.';
COMMENT ON COLUMN canvass.writer.only_row IS 'Always true: there is one row.';
COMMENT ON COLUMN canvass.writer.epoch IS 'How often the lead was taken.';
COMMENT ON COLUMN canvass.writer.writer_id IS 'Random name of the one who took it last.';
COMMENT ON COLUMN canvass.writer.took_lead_at IS 'When that was.';

-- Takes the row with FOR SHARE: a new leader's update waits until the append has ended, and an append
-- that comes after that update finds its own name gone and stops. With the owner's rights, so that the
-- lock does not depend on the caller's.
CREATE FUNCTION canvass.assert_writer(expected uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = canvass, pg_temp AS $$
BEGIN
  PERFORM FROM writer WHERE writer_id = expected FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'another writer has taken the lead' USING ERRCODE = 'CV001';
  END IF;
END
$$;

COMMENT ON FUNCTION canvass.assert_writer(uuid) IS
  'Fails with CV001 unless `expected` is the writer that leads, who then leads until the end of the '
  'transaction.';

CREATE TABLE canvass.elections (
  election_no integer PRIMARY KEY,
  election_id text NOT NULL UNIQUE
);

COMMENT ON TABLE canvass.elections IS 'Numbers the elections: other tables name them by number.';
COMMENT ON COLUMN canvass.elections.election_no IS 'From 1, in the order of their first entries.';
COMMENT ON COLUMN canvass.elections.election_id IS 'As people name it, e.g. az-2024-presidential.';

CREATE TABLE canvass.entry_kinds (
  kind smallint PRIMARY KEY,
  name text NOT NULL UNIQUE
);
INSERT INTO canvass.entry_kinds (kind, name) VALUES
  (1, 'DEFINITION_CHANGE'),
  (2, 'DEFINITION_SEAL'),
  (3, 'REPORT_RECORDED'),
  (4, 'REPORT_RELEASE'),
  (5, 'REPORT_ANNULMENT'),
  (6, 'REPORT_REINSTATEMENT'),
  (7, 'POLL_FIGURES'),
  (8, 'RESULT_CERTIFICATION'),
  (9, 'CONTEST_REOPENING');

COMMENT ON TABLE canvass.entry_kinds IS 'What the numbers in entries.kind stand for.';
COMMENT ON COLUMN canvass.entry_kinds.kind IS 'As in the entry''s bytes.';
COMMENT ON COLUMN canvass.entry_kinds.name IS 'What happened.';

-- The one large table. No foreign keys and few checks: each costs every report, and the aggregator,
-- the only one who can write, has checked it all.
CREATE TABLE canvass.entries (
  sequence bigint NOT NULL CHECK (sequence >= 1),
  recorded_at timestamptz NOT NULL,
  election_no integer NOT NULL,
  contest_no integer,
  source_no integer,
  station_no integer,
  area_no integer,
  revision integer,
  registered_voters integer,
  ballots_issued integer,
  ballots_cast integer,
  blank_votes integer,
  invalid_votes integer,
  asked integer,
  refused integer,
  undecided integer,
  kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 9),
  held boolean,
  expected_again boolean,
  actor text NOT NULL,
  votes integer[],
  findings text[],
  reason text,
  entry bytea NOT NULL,
  leaf_hash bytea NOT NULL CHECK (octet_length(leaf_hash) = 32),
  PRIMARY KEY (election_no, sequence)
);
-- Entries are written once and read whole: compressing the large ones would only cost time.
ALTER TABLE canvass.entries ALTER COLUMN entry SET STORAGE EXTERNAL;

-- The natural key of a report. Stations come first, so that a station's revisions lie together.
CREATE UNIQUE INDEX entries_natural_key ON canvass.entries
  (election_no, station_no, contest_no, source_no, revision) WHERE kind = 3;
-- Releases, annulments and reinstatements: few, and every sum needs them.
CREATE INDEX entries_decisions ON canvass.entries
  (election_no, station_no, contest_no, source_no) WHERE kind IN (4, 5, 6);

COMMENT ON TABLE canvass.entries IS
  'Everything that happened in every election; rows are added and never changed. The column entry '
  'is what counts, the others say the same for SQL readers. Numbers of parts are those of the '
  'tables contests, sources, stations and areas.';
COMMENT ON COLUMN canvass.entries.sequence IS 'Position in the election''s ledger: 1, 2, 3, ...';
COMMENT ON COLUMN canvass.entries.recorded_at IS
  'When it was recorded; never before the entry before it.';
COMMENT ON COLUMN canvass.entries.election_no IS 'Which election.';
COMMENT ON COLUMN canvass.entries.contest_no IS 'Which contest; null for definitions.';
COMMENT ON COLUMN canvass.entries.source_no IS 'Who says so; null for definitions.';
COMMENT ON COLUMN canvass.entries.station_no IS
  'Which station; null unless it is about a station''s report.';
COMMENT ON COLUMN canvass.entries.area_no IS 'Which area; only of poll figures.';
COMMENT ON COLUMN canvass.entries.revision IS
  'Revision of the report or poll figures, or the one that a decision is about; the number of a '
  'certification.';
COMMENT ON COLUMN canvass.entries.registered_voters IS 'Null where the report does not say.';
COMMENT ON COLUMN canvass.entries.ballots_issued IS 'Null where the report does not say.';
COMMENT ON COLUMN canvass.entries.ballots_cast IS 'Null where the report does not say.';
COMMENT ON COLUMN canvass.entries.blank_votes IS 'Null where the report does not say.';
COMMENT ON COLUMN canvass.entries.invalid_votes IS 'Null where the report does not say.';
COMMENT ON COLUMN canvass.entries.asked IS 'Voters whom an exit poll asked.';
COMMENT ON COLUMN canvass.entries.refused IS 'Of those, the ones who did not answer.';
COMMENT ON COLUMN canvass.entries.undecided IS 'Of those, the ones who named no candidate.';
COMMENT ON COLUMN canvass.entries.kind IS 'What happened: see entry_kinds.';
COMMENT ON COLUMN canvass.entries.held IS
  'Of a report: recorded, but in no total until a release.';
COMMENT ON COLUMN canvass.entries.expected_again IS
  'Of an annulment: the station is missing again, rather than decided.';
COMMENT ON COLUMN canvass.entries.actor IS 'Who caused it, as authenticated.';
COMMENT ON COLUMN canvass.entries.votes IS
  'Of a report: votes or answers in ballot order; null elements were not given.';
COMMENT ON COLUMN canvass.entries.findings IS
  'Of a report: rules that it broke without being refused; null for none.';
COMMENT ON COLUMN canvass.entries.reason IS 'Why, where a reason was given.';
COMMENT ON COLUMN canvass.entries.entry IS 'The exact bytes that are hashed.';
COMMENT ON COLUMN canvass.entries.leaf_hash IS 'SHA-256 of a zero byte and the entry (RFC 6962).';

-- The parts of the definitions. A change adds a row with the sequence of its entry; the one with the
-- highest sequence counts. Columns `names` hold pairs {{language, text}, ...}.

CREATE TABLE canvass.election_versions (
  election_no integer NOT NULL,
  sequence bigint NOT NULL,
  name text NOT NULL,
  names text[] NOT NULL,
  polling_date text NOT NULL,
  time_zone text NOT NULL,
  polls_close_at timestamptz,
  previous_election_id text,
  rehearsal boolean NOT NULL,
  notices text[] NOT NULL,
  PRIMARY KEY (election_no, sequence)
);

COMMENT ON TABLE canvass.election_versions IS 'Elections as they were defined; newest counts.';
COMMENT ON COLUMN canvass.election_versions.election_no IS 'Which election.';
COMMENT ON COLUMN canvass.election_versions.sequence IS 'Entry of the change.';
COMMENT ON COLUMN canvass.election_versions.name IS 'In the election''s first language.';
COMMENT ON COLUMN canvass.election_versions.names IS 'Pairs of language and name.';
COMMENT ON COLUMN canvass.election_versions.polling_date IS 'YYYY-MM-DD.';
COMMENT ON COLUMN canvass.election_versions.time_zone IS 'IANA name.';
COMMENT ON COLUMN canvass.election_versions.polls_close_at IS
  'Official reports are taken from then on; null for always.';
COMMENT ON COLUMN canvass.election_versions.previous_election_id IS
  'The election that this one is compared with.';
COMMENT ON COLUMN canvass.election_versions.rehearsal IS 'True for a test.';
COMMENT ON COLUMN canvass.election_versions.notices IS
  'Pairs of language and a notice that every answer carries.';

CREATE TABLE canvass.contests (
  election_no integer NOT NULL,
  contest_no integer NOT NULL,
  sequence bigint NOT NULL,
  contest_id text NOT NULL,
  name text NOT NULL,
  names text[] NOT NULL,
  area_no integer NOT NULL,
  blank_votes_valid boolean NOT NULL,
  PRIMARY KEY (election_no, contest_no, sequence)
);

COMMENT ON TABLE canvass.contests IS 'Contests as they were defined; newest counts.';
COMMENT ON COLUMN canvass.contests.election_no IS 'Which election.';
COMMENT ON COLUMN canvass.contests.contest_no IS 'From 0, in the order of definition.';
COMMENT ON COLUMN canvass.contests.sequence IS 'Entry of the change.';
COMMENT ON COLUMN canvass.contests.contest_id IS 'As people name it.';
COMMENT ON COLUMN canvass.contests.name IS 'In the election''s first language.';
COMMENT ON COLUMN canvass.contests.names IS 'Pairs of language and name.';
COMMENT ON COLUMN canvass.contests.area_no IS 'Its stations are the ones below this area.';
COMMENT ON COLUMN canvass.contests.blank_votes_valid IS
  'Whether blank votes are among the valid votes.';

CREATE TABLE canvass.candidates (
  election_no integer NOT NULL,
  contest_no integer NOT NULL,
  candidate_no integer NOT NULL,
  sequence bigint NOT NULL,
  candidate_id text NOT NULL,
  name text NOT NULL,
  names text[] NOT NULL,
  affiliation text NOT NULL,
  affiliations text[] NOT NULL,
  withdrawn boolean NOT NULL,
  PRIMARY KEY (election_no, contest_no, candidate_no, sequence)
);

COMMENT ON TABLE canvass.candidates IS
  'Candidates as they were defined: all of a contest with each version of the contest.';
COMMENT ON COLUMN canvass.candidates.election_no IS 'Which election.';
COMMENT ON COLUMN canvass.candidates.contest_no IS 'Which contest.';
COMMENT ON COLUMN canvass.candidates.candidate_no IS 'Ballot order, from 0.';
COMMENT ON COLUMN canvass.candidates.sequence IS 'Entry of the change.';
COMMENT ON COLUMN canvass.candidates.candidate_id IS 'As people name it.';
COMMENT ON COLUMN canvass.candidates.name IS 'In the election''s first language.';
COMMENT ON COLUMN canvass.candidates.names IS 'Pairs of language and name.';
COMMENT ON COLUMN canvass.candidates.affiliation IS 'In the election''s first language.';
COMMENT ON COLUMN canvass.candidates.affiliations IS 'Pairs of language and affiliation.';
COMMENT ON COLUMN canvass.candidates.withdrawn IS 'Still on the ballot, no longer standing.';

CREATE TABLE canvass.sources (
  election_no integer NOT NULL,
  source_no integer NOT NULL,
  sequence bigint NOT NULL,
  source_id text NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  names text[] NOT NULL,
  organisations text[] NOT NULL,
  visible_from timestamptz,
  sample_tag text,
  design_effect text,
  PRIMARY KEY (election_no, source_no, sequence)
);

COMMENT ON TABLE canvass.sources IS 'Sources as they were defined; newest counts.';
COMMENT ON COLUMN canvass.sources.election_no IS 'Which election.';
COMMENT ON COLUMN canvass.sources.source_no IS 'From 0, in the order of definition.';
COMMENT ON COLUMN canvass.sources.sequence IS 'Entry of the change.';
COMMENT ON COLUMN canvass.sources.source_id IS 'As people name it.';
COMMENT ON COLUMN canvass.sources.kind IS 'OFFICIAL, EXIT_POLL or PARALLEL_COUNT.';
COMMENT ON COLUMN canvass.sources.name IS 'In the election''s first language.';
COMMENT ON COLUMN canvass.sources.names IS 'Pairs of language and name.';
COMMENT ON COLUMN canvass.sources.organisations IS 'Who stands behind it.';
COMMENT ON COLUMN canvass.sources.visible_from IS
  'Embargo: the views show nothing of what it says before this time; null for none.';
COMMENT ON COLUMN canvass.sources.sample_tag IS
  'Only stations with this tag are expected; null for all.';
COMMENT ON COLUMN canvass.sources.design_effect IS
  'Decimal by which its sampling widens the margin of error; null for 1.';

CREATE TABLE canvass.areas (
  election_no integer NOT NULL,
  area_no integer NOT NULL,
  sequence bigint NOT NULL,
  area_id text NOT NULL,
  parent_no integer,
  kind text NOT NULL,
  name text NOT NULL,
  names text[] NOT NULL,
  PRIMARY KEY (election_no, area_no, sequence)
);

COMMENT ON TABLE canvass.areas IS 'Areas as they were defined; newest counts.';
COMMENT ON COLUMN canvass.areas.election_no IS 'Which election.';
COMMENT ON COLUMN canvass.areas.area_no IS 'From 0, in the order of definition.';
COMMENT ON COLUMN canvass.areas.sequence IS 'Entry of the change.';
COMMENT ON COLUMN canvass.areas.area_id IS 'As people name it.';
COMMENT ON COLUMN canvass.areas.parent_no IS 'The area that it is part of; null for the whole.';
COMMENT ON COLUMN canvass.areas.kind IS 'E.g. country, region, constituency.';
COMMENT ON COLUMN canvass.areas.name IS 'In the election''s first language.';
COMMENT ON COLUMN canvass.areas.names IS 'Pairs of language and name.';

CREATE TABLE canvass.stations (
  election_no integer NOT NULL,
  station_no integer NOT NULL,
  sequence bigint NOT NULL,
  station_id text NOT NULL,
  area_no integer NOT NULL,
  name text NOT NULL,
  names text[] NOT NULL,
  tags text[] NOT NULL,
  registered_voters bigint,
  counted_at_station_no integer,
  closed_reason text,
  PRIMARY KEY (election_no, station_no, sequence)
);

COMMENT ON TABLE canvass.stations IS 'Polling stations as they were defined; newest counts.';
COMMENT ON COLUMN canvass.stations.election_no IS 'Which election.';
COMMENT ON COLUMN canvass.stations.station_no IS 'From 0, in the order of definition.';
COMMENT ON COLUMN canvass.stations.sequence IS 'Entry of the change.';
COMMENT ON COLUMN canvass.stations.station_id IS 'As people name it.';
COMMENT ON COLUMN canvass.stations.area_no IS 'The area that it lies in.';
COMMENT ON COLUMN canvass.stations.name IS 'In the election''s first language.';
COMMENT ON COLUMN canvass.stations.names IS 'Pairs of language and name.';
COMMENT ON COLUMN canvass.stations.tags IS 'E.g. liberated-territory.';
COMMENT ON COLUMN canvass.stations.registered_voters IS
  'In the register before the poll; null if unknown.';
COMMENT ON COLUMN canvass.stations.counted_at_station_no IS
  'The station whose report holds its ballots; null for itself.';
COMMENT ON COLUMN canvass.stations.closed_reason IS 'Why it never opened; null if it is open.';

-- Refusals are no part of the ledger: nothing depends on them, and old ones make room for new ones.
CREATE TABLE canvass.refused_reports (
  refusal_no bigint GENERATED ALWAYS AS IDENTITY,
  election_no integer NOT NULL,
  actor text NOT NULL,
  refused_at timestamptz NOT NULL,
  election_id text NOT NULL,
  contest_id text NOT NULL,
  source_id text NOT NULL,
  station_id text NOT NULL,
  revision integer NOT NULL,
  reason text NOT NULL,
  counted_at timestamptz,
  interviews boolean,
  numbers bigint[] NOT NULL,
  candidate_ids text[] NOT NULL,
  votes bigint[] NOT NULL,
  documents text[] NOT NULL,
  rules smallint[] NOT NULL,
  severities smallint[] NOT NULL,
  fields text[] NOT NULL,
  subjects text[] NOT NULL,
  finding_numbers text[] NOT NULL,
  PRIMARY KEY (election_no, actor, refusal_no)
);

COMMENT ON TABLE canvass.refused_reports IS
  'Reports that were refused, for whoever looks into it; only the newest of each election and '
  'actor. Long texts and lists are cut.';
COMMENT ON COLUMN canvass.refused_reports.refusal_no IS 'In the order of refusal.';
COMMENT ON COLUMN canvass.refused_reports.election_no IS
  'Which election; 0 for all that name an unknown one.';
COMMENT ON COLUMN canvass.refused_reports.actor IS 'Who submitted it, as authenticated.';
COMMENT ON COLUMN canvass.refused_reports.refused_at IS 'When.';
COMMENT ON COLUMN canvass.refused_reports.election_id IS 'As submitted.';
COMMENT ON COLUMN canvass.refused_reports.contest_id IS 'As submitted.';
COMMENT ON COLUMN canvass.refused_reports.source_id IS 'As submitted.';
COMMENT ON COLUMN canvass.refused_reports.station_id IS 'As submitted.';
COMMENT ON COLUMN canvass.refused_reports.revision IS 'As submitted.';
COMMENT ON COLUMN canvass.refused_reports.reason IS 'As submitted: why it corrects another.';
COMMENT ON COLUMN canvass.refused_reports.counted_at IS 'As submitted.';
COMMENT ON COLUMN canvass.refused_reports.interviews IS
  'True for interviews, false for ballots, null if it had neither.';
COMMENT ON COLUMN canvass.refused_reports.numbers IS
  'Ballots: registered, issued, cast, blank, invalid. Interviews: asked, refused, undecided. Null '
  'elements were not given.';
COMMENT ON COLUMN canvass.refused_reports.candidate_ids IS 'As submitted.';
COMMENT ON COLUMN canvass.refused_reports.votes IS 'Of each of candidate_ids.';
COMMENT ON COLUMN canvass.refused_reports.documents IS 'Pairs of SHA-256 and URI.';
COMMENT ON COLUMN canvass.refused_reports.rules IS 'Numbers of the rules that it broke.';
COMMENT ON COLUMN canvass.refused_reports.severities IS
  'Of each of rules: 2 warn, 3 hold, 4 reject.';
COMMENT ON COLUMN canvass.refused_reports.fields IS 'Of each of rules: which field.';
COMMENT ON COLUMN canvass.refused_reports.subjects IS
  'Of each of rules: id of the part that it is about.';
COMMENT ON COLUMN canvass.refused_reports.finding_numbers IS
  'Triples of position in rules (from 1), name and number: the numbers that disagree.';

-- Rights. The writer adds to the ledger and cannot change it; nobody has more than what stands here.
REVOKE ALL ON SCHEMA canvass FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA canvass FROM PUBLIC;
GRANT USAGE ON SCHEMA canvass TO canvass_writer, canvass_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA canvass TO canvass_writer;
GRANT INSERT ON canvass.elections, canvass.entries, canvass.election_versions, canvass.contests,
  canvass.candidates, canvass.sources, canvass.areas, canvass.stations, canvass.refused_reports
  TO canvass_writer;
GRANT UPDATE ON canvass.writer TO canvass_writer;
GRANT DELETE ON canvass.refused_reports TO canvass_writer;
GRANT EXECUTE ON FUNCTION canvass.assert_writer(uuid) TO canvass_writer;
