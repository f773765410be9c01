-- What programs and people read. Ids first, then what they read for, numbers of parts last: joins go by
-- the numbers. Views that show what sources say leave out those under embargo; security_barrier keeps a
-- reader's own functions from looking at the rows before that.
--
-- "The newest" is written with NOT EXISTS throughout: the planner then knows as much of a view's columns
-- as of its table's, and joins a million stations by hash; behind DISTINCT ON it takes them for a few.

-- The newest version of each part. For the views below; readers have no right to them.
CREATE VIEW canvass.newest_contests AS
SELECT * FROM canvass.contests v
WHERE NOT EXISTS (
  SELECT FROM canvass.contests n
  WHERE n.election_no = v.election_no AND n.contest_no = v.contest_no AND n.sequence > v.sequence);

CREATE VIEW canvass.newest_sources AS
SELECT * FROM canvass.sources v
WHERE NOT EXISTS (
  SELECT FROM canvass.sources n
  WHERE n.election_no = v.election_no AND n.source_no = v.source_no AND n.sequence > v.sequence);

CREATE VIEW canvass.newest_areas AS
SELECT * FROM canvass.areas v
WHERE NOT EXISTS (
  SELECT FROM canvass.areas n
  WHERE n.election_no = v.election_no AND n.area_no = v.area_no AND n.sequence > v.sequence);

CREATE VIEW canvass.newest_stations AS
SELECT * FROM canvass.stations v
WHERE NOT EXISTS (
  SELECT FROM canvass.stations n
  WHERE n.election_no = v.election_no AND n.station_no = v.station_no AND n.sequence > v.sequence);

COMMENT ON VIEW canvass.newest_contests IS 'Of contests, the rows that count now.';
COMMENT ON VIEW canvass.newest_sources IS 'Of sources, the rows that count now.';
COMMENT ON VIEW canvass.newest_areas IS 'Of areas, the rows that count now.';
COMMENT ON VIEW canvass.newest_stations IS 'Of stations, the rows that count now.';

CREATE VIEW canvass.current_elections AS
SELECT e.election_id, v.name, jsonb_object(v.names) AS names, v.polling_date, v.time_zone,
  v.polls_close_at, v.previous_election_id, v.rehearsal, jsonb_object(v.notices) AS notices,
  v.election_no, v.sequence
FROM canvass.election_versions v
JOIN canvass.elections e USING (election_no)
WHERE NOT EXISTS (
  SELECT FROM canvass.election_versions n
  WHERE n.election_no = v.election_no AND n.sequence > v.sequence);

COMMENT ON VIEW canvass.current_elections IS 'Every election as it is defined now.';
COMMENT ON COLUMN canvass.current_elections.election_id IS 'As people name it.';
COMMENT ON COLUMN canvass.current_elections.name IS 'In the election''s first language.';
COMMENT ON COLUMN canvass.current_elections.names IS 'Name by language.';
COMMENT ON COLUMN canvass.current_elections.polling_date IS 'YYYY-MM-DD.';
COMMENT ON COLUMN canvass.current_elections.time_zone IS 'IANA name.';
COMMENT ON COLUMN canvass.current_elections.polls_close_at IS
  'Official reports are taken from then on; null for always.';
COMMENT ON COLUMN canvass.current_elections.previous_election_id IS
  'The election that this one is compared with.';
COMMENT ON COLUMN canvass.current_elections.rehearsal IS 'True for a test.';
COMMENT ON COLUMN canvass.current_elections.notices IS 'Notice by language.';
COMMENT ON COLUMN canvass.current_elections.election_no IS 'Its number in this database.';
COMMENT ON COLUMN canvass.current_elections.sequence IS 'Entry that last changed it.';

CREATE VIEW canvass.current_areas AS
SELECT e.election_id, a.area_id, p.area_id AS parent_id, a.kind, a.name,
  jsonb_object(a.names) AS names, a.election_no, a.area_no, a.parent_no, a.sequence
FROM canvass.newest_areas a
JOIN canvass.elections e USING (election_no)
LEFT JOIN canvass.newest_areas p ON p.election_no = a.election_no AND p.area_no = a.parent_no;

COMMENT ON VIEW canvass.current_areas IS 'Every area as it is defined now.';
COMMENT ON COLUMN canvass.current_areas.election_id IS 'Which election.';
COMMENT ON COLUMN canvass.current_areas.area_id IS 'As people name it.';
COMMENT ON COLUMN canvass.current_areas.parent_id IS 'What it is part of; null for the whole.';
COMMENT ON COLUMN canvass.current_areas.kind IS 'E.g. country, region, constituency.';
COMMENT ON COLUMN canvass.current_areas.name IS 'In the election''s first language.';
COMMENT ON COLUMN canvass.current_areas.names IS 'Name by language.';
COMMENT ON COLUMN canvass.current_areas.election_no IS 'Number of the election.';
COMMENT ON COLUMN canvass.current_areas.area_no IS 'From 0, in the order of definition.';
COMMENT ON COLUMN canvass.current_areas.parent_no IS 'Number of parent_id.';
COMMENT ON COLUMN canvass.current_areas.sequence IS 'Entry that last changed it.';

CREATE VIEW canvass.area_closure AS
SELECT a.election_no, up.area_no, a.area_no AS below_no
FROM canvass.newest_areas a
CROSS JOIN LATERAL (
  WITH RECURSIVE above AS (
    SELECT a.area_no
    UNION
    SELECT n.parent_no
    FROM above
    JOIN canvass.newest_areas n ON n.election_no = a.election_no AND n.area_no = above.area_no
    WHERE n.parent_no IS NOT NULL
  )
  SELECT above.area_no FROM above
) up;

COMMENT ON VIEW canvass.area_closure IS 'Every area with every area at or below it.';
COMMENT ON COLUMN canvass.area_closure.election_no IS 'Number of the election.';
COMMENT ON COLUMN canvass.area_closure.area_no IS 'An area.';
COMMENT ON COLUMN canvass.area_closure.below_no IS 'The same, or one that is part of it.';

CREATE VIEW canvass.current_contests AS
SELECT e.election_id, c.contest_id, c.name, jsonb_object(c.names) AS names, a.area_id,
  c.blank_votes_valid, c.election_no, c.contest_no, c.area_no, c.sequence
FROM canvass.newest_contests c
JOIN canvass.elections e USING (election_no)
JOIN canvass.newest_areas a USING (election_no, area_no);

COMMENT ON VIEW canvass.current_contests IS 'Every contest as it is defined now.';
COMMENT ON COLUMN canvass.current_contests.election_id IS 'Which election.';
COMMENT ON COLUMN canvass.current_contests.contest_id IS 'As people name it.';
COMMENT ON COLUMN canvass.current_contests.name IS 'In the election''s first language.';
COMMENT ON COLUMN canvass.current_contests.names IS 'Name by language.';
COMMENT ON COLUMN canvass.current_contests.area_id IS 'Its stations are the ones below this area.';
COMMENT ON COLUMN canvass.current_contests.blank_votes_valid IS
  'Whether blank votes are among the valid votes.';
COMMENT ON COLUMN canvass.current_contests.election_no IS 'Number of the election.';
COMMENT ON COLUMN canvass.current_contests.contest_no IS 'From 0, in the order of definition.';
COMMENT ON COLUMN canvass.current_contests.area_no IS 'Number of area_id.';
COMMENT ON COLUMN canvass.current_contests.sequence IS 'Entry that last changed it.';

CREATE VIEW canvass.current_candidates AS
SELECT c.election_id, c.contest_id, d.candidate_id, d.name, jsonb_object(d.names) AS names,
  d.affiliation, jsonb_object(d.affiliations) AS affiliations, d.withdrawn, d.election_no,
  d.contest_no, d.candidate_no
FROM canvass.current_contests c
JOIN canvass.candidates d USING (election_no, contest_no, sequence);

COMMENT ON VIEW canvass.current_candidates IS 'Every candidate as defined now.';
COMMENT ON COLUMN canvass.current_candidates.election_id IS 'Which election.';
COMMENT ON COLUMN canvass.current_candidates.contest_id IS 'Which contest.';
COMMENT ON COLUMN canvass.current_candidates.candidate_id IS 'As people name it.';
COMMENT ON COLUMN canvass.current_candidates.name IS 'In the election''s first language.';
COMMENT ON COLUMN canvass.current_candidates.names IS 'Name by language.';
COMMENT ON COLUMN canvass.current_candidates.affiliation IS 'In the election''s first language.';
COMMENT ON COLUMN canvass.current_candidates.affiliations IS 'Affiliation by language.';
COMMENT ON COLUMN canvass.current_candidates.withdrawn IS 'On the ballot, no longer standing.';
COMMENT ON COLUMN canvass.current_candidates.election_no IS 'Number of the election.';
COMMENT ON COLUMN canvass.current_candidates.contest_no IS 'Number of the contest.';
COMMENT ON COLUMN canvass.current_candidates.candidate_no IS 'Ballot order, from 0.';

CREATE VIEW canvass.current_sources AS
SELECT e.election_id, s.source_id, s.kind, s.name, jsonb_object(s.names) AS names, s.organisations,
  s.visible_from, s.sample_tag, s.design_effect, s.election_no, s.source_no, s.sequence
FROM canvass.newest_sources s
JOIN canvass.elections e USING (election_no);

COMMENT ON VIEW canvass.current_sources IS 'Every source as it is defined now.';
COMMENT ON COLUMN canvass.current_sources.election_id IS 'Which election.';
COMMENT ON COLUMN canvass.current_sources.source_id IS 'As people name it.';
COMMENT ON COLUMN canvass.current_sources.kind IS 'OFFICIAL, EXIT_POLL or PARALLEL_COUNT.';
COMMENT ON COLUMN canvass.current_sources.name IS 'In the election''s first language.';
COMMENT ON COLUMN canvass.current_sources.names IS 'Name by language.';
COMMENT ON COLUMN canvass.current_sources.organisations IS 'Who stands behind it.';
COMMENT ON COLUMN canvass.current_sources.visible_from IS
  'Embargo: nothing of what it says is shown before this time; null for none.';
COMMENT ON COLUMN canvass.current_sources.sample_tag IS
  'Only stations with this tag are expected; null for all.';
COMMENT ON COLUMN canvass.current_sources.design_effect IS
  'Decimal by which its sampling widens the margin of error; null for 1.';
COMMENT ON COLUMN canvass.current_sources.election_no IS 'Number of the election.';
COMMENT ON COLUMN canvass.current_sources.source_no IS 'From 0, in the order of definition.';
COMMENT ON COLUMN canvass.current_sources.sequence IS 'Entry that last changed it.';

CREATE VIEW canvass.current_stations AS
SELECT e.election_id, s.station_id, a.area_id, s.name, jsonb_object(s.names) AS names, s.tags,
  s.registered_voters, m.station_id AS counted_at_station_id, s.closed_reason IS NOT NULL AS closed,
  s.closed_reason, s.election_no, s.station_no, s.area_no, s.sequence
FROM canvass.newest_stations s
JOIN canvass.elections e USING (election_no)
JOIN canvass.newest_areas a USING (election_no, area_no)
LEFT JOIN canvass.newest_stations m
  ON m.election_no = s.election_no AND m.station_no = s.counted_at_station_no;

COMMENT ON VIEW canvass.current_stations IS 'Every polling station as it is defined now.';
COMMENT ON COLUMN canvass.current_stations.election_id IS 'Which election.';
COMMENT ON COLUMN canvass.current_stations.station_id IS 'As people name it.';
COMMENT ON COLUMN canvass.current_stations.area_id IS 'The area that it lies in.';
COMMENT ON COLUMN canvass.current_stations.name IS 'In the election''s first language.';
COMMENT ON COLUMN canvass.current_stations.names IS 'Name by language.';
COMMENT ON COLUMN canvass.current_stations.tags IS 'E.g. liberated-territory.';
COMMENT ON COLUMN canvass.current_stations.registered_voters IS
  'In the register before the poll; null if unknown.';
COMMENT ON COLUMN canvass.current_stations.counted_at_station_id IS
  'The station whose report holds its ballots; null for itself.';
COMMENT ON COLUMN canvass.current_stations.closed IS 'It never opened and is not expected.';
COMMENT ON COLUMN canvass.current_stations.closed_reason IS 'Why it never opened.';
COMMENT ON COLUMN canvass.current_stations.election_no IS 'Number of the election.';
COMMENT ON COLUMN canvass.current_stations.station_no IS 'From 0, in the order of definition.';
COMMENT ON COLUMN canvass.current_stations.area_no IS 'Number of area_id.';
COMMENT ON COLUMN canvass.current_stations.sequence IS 'Entry that last changed it.';

-- For the views below; readers have no right to it, since it knows no embargo.
CREATE VIEW canvass.recorded_reports AS
SELECT e.*, r.revision IS NOT NULL AS released, coalesce(e.revision <= a.revision, false) AS annulled
FROM canvass.entries e
LEFT JOIN (
  SELECT DISTINCT election_no, contest_no, source_no, station_no, revision
  FROM canvass.entries
  WHERE kind = 4
) r USING (election_no, contest_no, source_no, station_no, revision)
LEFT JOIN (
  SELECT election_no, contest_no, source_no, station_no, max(revision) AS revision
  FROM canvass.entries annulment
  WHERE kind = 5 AND NOT EXISTS (
    SELECT FROM canvass.entries reinstatement
    WHERE reinstatement.kind = 6
      AND reinstatement.election_no = annulment.election_no
      AND reinstatement.contest_no = annulment.contest_no
      AND reinstatement.source_no = annulment.source_no
      AND reinstatement.station_no = annulment.station_no
      AND reinstatement.revision = annulment.revision
      AND reinstatement.sequence > annulment.sequence)
  GROUP BY election_no, contest_no, source_no, station_no
) a ON a.election_no = e.election_no AND a.contest_no = e.contest_no
  AND a.source_no = e.source_no AND a.station_no = e.station_no
WHERE e.kind = 3;

COMMENT ON VIEW canvass.recorded_reports IS
  'Every recorded revision of every report, with what was decided about it since. An annulment '
  'covers the revisions up to the one that it names; a reinstatement takes back the annulments '
  'before it that name the same revision, and no others.';

CREATE VIEW canvass.counting_reports AS
SELECT e.election_id, s.area_no AS station_area_no, r.*
FROM canvass.recorded_reports r
JOIN canvass.elections e USING (election_no)
JOIN canvass.newest_stations s USING (election_no, station_no)
WHERE (NOT r.held OR r.released) AND NOT r.annulled AND NOT EXISTS (
  SELECT FROM canvass.recorded_reports n
  WHERE n.revision > 1  -- which few are
    AND n.revision > r.revision
    AND n.election_no = r.election_no AND n.station_no = r.station_no
    AND n.contest_no = r.contest_no AND n.source_no = r.source_no
    AND (NOT n.held OR n.released) AND NOT n.annulled);

COMMENT ON VIEW canvass.counting_reports IS
  'The counting report of each station, contest and source: its newest revision that is neither '
  'held nor annulled. Also of sources under embargo.';

CREATE VIEW canvass.current_reports WITH (security_barrier) AS
SELECT r.election_id, c.contest_id, s.source_id, st.station_id, a.area_id, r.revision, r.sequence,
  r.recorded_at, r.registered_voters, r.ballots_issued, r.ballots_cast, r.blank_votes,
  r.invalid_votes, r.asked, r.refused, r.undecided, r.votes, r.election_no, r.contest_no,
  r.source_no, r.station_no, r.station_area_no AS area_no
FROM canvass.counting_reports r
JOIN canvass.newest_contests c USING (election_no, contest_no)
JOIN canvass.newest_sources s USING (election_no, source_no)
JOIN canvass.newest_stations st USING (election_no, station_no)
JOIN canvass.newest_areas a ON a.election_no = r.election_no AND a.area_no = r.station_area_no
WHERE s.visible_from IS NULL OR s.visible_from <= now();

COMMENT ON VIEW canvass.current_reports IS
  'The counting report of each station, contest and source: its newest revision that is neither '
  'held nor annulled.';
COMMENT ON COLUMN canvass.current_reports.election_id IS 'Which election.';
COMMENT ON COLUMN canvass.current_reports.contest_id IS 'Which contest.';
COMMENT ON COLUMN canvass.current_reports.source_id IS 'Who says so.';
COMMENT ON COLUMN canvass.current_reports.station_id IS 'Which station.';
COMMENT ON COLUMN canvass.current_reports.area_id IS 'The area that the station lies in.';
COMMENT ON COLUMN canvass.current_reports.revision IS '1 for the first report.';
COMMENT ON COLUMN canvass.current_reports.sequence IS 'Its entry.';
COMMENT ON COLUMN canvass.current_reports.recorded_at IS 'When it was recorded.';
COMMENT ON COLUMN canvass.current_reports.registered_voters IS 'Null where it does not say.';
COMMENT ON COLUMN canvass.current_reports.ballots_issued IS 'Null where it does not say.';
COMMENT ON COLUMN canvass.current_reports.ballots_cast IS 'Null where it does not say.';
COMMENT ON COLUMN canvass.current_reports.blank_votes IS 'Null where it does not say.';
COMMENT ON COLUMN canvass.current_reports.invalid_votes IS 'Null where it does not say.';
COMMENT ON COLUMN canvass.current_reports.asked IS 'Voters whom an exit poll asked.';
COMMENT ON COLUMN canvass.current_reports.refused IS 'Of those, the ones who did not answer.';
COMMENT ON COLUMN canvass.current_reports.undecided IS
  'Of those, the ones who named no candidate.';
COMMENT ON COLUMN canvass.current_reports.votes IS
  'Votes or answers in ballot order; null elements were not given.';
COMMENT ON COLUMN canvass.current_reports.election_no IS 'Number of the election.';
COMMENT ON COLUMN canvass.current_reports.contest_no IS 'Number of the contest.';
COMMENT ON COLUMN canvass.current_reports.source_no IS 'Number of the source.';
COMMENT ON COLUMN canvass.current_reports.station_no IS 'Number of the station.';
COMMENT ON COLUMN canvass.current_reports.area_no IS 'Number of area_id.';

-- For the two views below. They add zeros of every place to the sums, so that an area is also there
-- where nothing is counted, and so that no join stands behind the sums, of whose number the planner knows
-- nothing.
CREATE VIEW canvass.places AS
SELECT e.election_id, c.contest_id, s.source_id, a.area_id, c.election_no, c.contest_no,
  s.source_no, a.area_no, c.sequence
FROM canvass.newest_contests c
JOIN canvass.elections e USING (election_no)
JOIN canvass.newest_sources s USING (election_no)
JOIN canvass.area_closure t ON t.election_no = c.election_no AND t.area_no = c.area_no
JOIN canvass.newest_areas a ON a.election_no = t.election_no AND a.area_no = t.below_no
WHERE s.visible_from IS NULL OR s.visible_from <= now();

COMMENT ON VIEW canvass.places IS
  'Every contest, source that may be seen, and area at or below the contest''s.';

CREATE VIEW canvass.candidate_totals WITH (security_barrier) AS
SELECT election_id, max(contest_id) AS contest_id, max(source_id) AS source_id,
  max(area_id) AS area_id, max(candidate_id) AS candidate_id, max(name) AS name,
  sum(votes)::bigint AS votes, election_no, contest_no, source_no, area_no, candidate_no
FROM (
  SELECT p.election_id, p.contest_id, p.source_id, p.area_id, c.candidate_id, c.name,
    0::numeric AS votes, p.election_no, p.contest_no, p.source_no, p.area_no, c.candidate_no
  FROM canvass.places p
  JOIN canvass.candidates c USING (election_no, contest_no, sequence)
  UNION ALL
  SELECT d.election_id, NULL, NULL, NULL, NULL, NULL,
    d.votes, d.election_no, d.contest_no, d.source_no, u.area_no, d.candidate_no
  FROM (
    SELECT r.election_id, r.election_no, r.contest_no, r.source_no, r.station_area_no AS area_no,
      (v.place - 1)::integer AS candidate_no, sum(v.votes) AS votes
    FROM canvass.counting_reports r
    CROSS JOIN LATERAL unnest(r.votes) WITH ORDINALITY AS v(votes, place)
    GROUP BY 1, 2, 3, 4, 5, 6
  ) d
  JOIN canvass.area_closure u ON u.election_no = d.election_no AND u.below_no = d.area_no
) part
GROUP BY election_id, election_no, contest_no, source_no, area_no, candidate_no
HAVING max(area_id) IS NOT NULL;

COMMENT ON VIEW canvass.candidate_totals IS
  'Votes of each candidate in each area: the sum over the counting reports of the stations below '
  'it, computed anew at every read.';
COMMENT ON COLUMN canvass.candidate_totals.election_id IS 'Which election.';
COMMENT ON COLUMN canvass.candidate_totals.contest_id IS 'Which contest.';
COMMENT ON COLUMN canvass.candidate_totals.source_id IS 'Who says so.';
COMMENT ON COLUMN canvass.candidate_totals.area_id IS 'Which area.';
COMMENT ON COLUMN canvass.candidate_totals.candidate_id IS 'Which candidate.';
COMMENT ON COLUMN canvass.candidate_totals.name IS 'In the election''s first language.';
COMMENT ON COLUMN canvass.candidate_totals.votes IS
  'Votes; of an exit poll answers, as far as it asked.';
COMMENT ON COLUMN canvass.candidate_totals.election_no IS 'Number of the election.';
COMMENT ON COLUMN canvass.candidate_totals.contest_no IS 'Number of the contest.';
COMMENT ON COLUMN canvass.candidate_totals.source_no IS 'Number of the source.';
COMMENT ON COLUMN canvass.candidate_totals.area_no IS 'Number of the area.';
COMMENT ON COLUMN canvass.candidate_totals.candidate_no IS 'Ballot order, from 0.';

CREATE VIEW canvass.area_totals WITH (security_barrier) AS
SELECT election_id, max(contest_id) AS contest_id, max(source_id) AS source_id,
  max(area_id) AS area_id,
  coalesce(sum(reports), 0)::bigint AS reports,
  coalesce(sum(registered_voters), 0)::bigint AS registered_voters,
  coalesce(sum(ballots_issued), 0)::bigint AS ballots_issued,
  coalesce(sum(ballots_cast), 0)::bigint AS ballots_cast,
  coalesce(sum(blank_votes), 0)::bigint AS blank_votes,
  coalesce(sum(invalid_votes), 0)::bigint AS invalid_votes,
  coalesce(sum(asked), 0)::bigint AS asked,
  coalesce(sum(refused), 0)::bigint AS refused,
  coalesce(sum(undecided), 0)::bigint AS undecided,
  array_agg(candidate_votes ORDER BY candidate_no) FILTER (WHERE candidate_no IS NOT NULL) AS votes,
  coalesce(sum(without_registered_voters), 0)::bigint AS without_registered_voters,
  election_no, contest_no, source_no, area_no
FROM (
  SELECT election_id, contest_id, source_id, area_id, election_no, contest_no, source_no, area_no,
    candidate_no, votes AS candidate_votes,
    NULL::bigint AS reports, NULL::bigint AS registered_voters, NULL::bigint AS ballots_issued,
    NULL::bigint AS ballots_cast, NULL::bigint AS blank_votes, NULL::bigint AS invalid_votes,
    NULL::bigint AS asked, NULL::bigint AS refused, NULL::bigint AS undecided,
    NULL::bigint AS without_registered_voters
  FROM canvass.candidate_totals
  UNION ALL
  SELECT d.election_id, NULL, NULL, NULL, d.election_no, d.contest_no, d.source_no, u.area_no,
    NULL, NULL,
    d.reports, d.registered_voters, d.ballots_issued, d.ballots_cast, d.blank_votes,
    d.invalid_votes, d.asked, d.refused, d.undecided, d.without_registered_voters
  FROM (
    SELECT election_id, election_no, contest_no, source_no, station_area_no AS area_no,
      count(*) AS reports,
      sum(registered_voters) AS registered_voters,
      sum(ballots_issued) AS ballots_issued,
      sum(ballots_cast) AS ballots_cast,
      sum(blank_votes) AS blank_votes,
      sum(invalid_votes) AS invalid_votes,
      sum(asked) AS asked,
      sum(refused) AS refused,
      sum(undecided) AS undecided,
      count(*) FILTER (WHERE registered_voters IS NULL) AS without_registered_voters
    FROM canvass.counting_reports
    GROUP BY 1, 2, 3, 4, 5
  ) d
  JOIN canvass.area_closure u ON u.election_no = d.election_no AND u.below_no = d.area_no
) part
GROUP BY election_id, election_no, contest_no, source_no, area_no
HAVING max(area_id) IS NOT NULL;

COMMENT ON VIEW canvass.area_totals IS
  'Totals of each contest, source and area: sums over the counting reports of the stations below '
  'it, computed anew at every read. Numbers that a report does not give are left out of the sums.';
COMMENT ON COLUMN canvass.area_totals.election_id IS 'Which election.';
COMMENT ON COLUMN canvass.area_totals.contest_id IS 'Which contest.';
COMMENT ON COLUMN canvass.area_totals.source_id IS 'Who says so.';
COMMENT ON COLUMN canvass.area_totals.area_id IS 'Which area.';
COMMENT ON COLUMN canvass.area_totals.reports IS 'Stations that are counted.';
COMMENT ON COLUMN canvass.area_totals.registered_voters IS 'As the reports give them.';
COMMENT ON COLUMN canvass.area_totals.ballots_issued IS 'Ballots handed out.';
COMMENT ON COLUMN canvass.area_totals.ballots_cast IS 'Ballots in the boxes.';
COMMENT ON COLUMN canvass.area_totals.blank_votes IS 'Ballots without a mark.';
COMMENT ON COLUMN canvass.area_totals.invalid_votes IS 'Ballots that are not valid.';
COMMENT ON COLUMN canvass.area_totals.asked IS 'Voters whom an exit poll asked.';
COMMENT ON COLUMN canvass.area_totals.refused IS 'Of those, the ones who did not answer.';
COMMENT ON COLUMN canvass.area_totals.undecided IS 'Of those, the ones who named no candidate.';
COMMENT ON COLUMN canvass.area_totals.votes IS 'Votes or answers in ballot order.';
COMMENT ON COLUMN canvass.area_totals.without_registered_voters IS
  'Counted stations that do not give their registered voters; turnout is known where this is 0.';
COMMENT ON COLUMN canvass.area_totals.election_no IS 'Number of the election.';
COMMENT ON COLUMN canvass.area_totals.contest_no IS 'Number of the contest.';
COMMENT ON COLUMN canvass.area_totals.source_no IS 'Number of the source.';
COMMENT ON COLUMN canvass.area_totals.area_no IS 'Number of the area.';

CREATE VIEW canvass.station_reports WITH (security_barrier) AS
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
) station
WHERE s.visible_from IS NULL OR s.visible_from <= now();

COMMENT ON VIEW canvass.station_reports IS
  'Every revision of every report with where it stands: the history of a station.';
COMMENT ON COLUMN canvass.station_reports.election_id IS 'Which election.';
COMMENT ON COLUMN canvass.station_reports.contest_id IS 'Which contest.';
COMMENT ON COLUMN canvass.station_reports.source_id IS 'Who says so.';
COMMENT ON COLUMN canvass.station_reports.station_id IS 'Which station.';
COMMENT ON COLUMN canvass.station_reports.station_name IS 'In the election''s first language.';
COMMENT ON COLUMN canvass.station_reports.area_id IS 'The area that the station lies in.';
COMMENT ON COLUMN canvass.station_reports.revision IS '1 for the first report.';
COMMENT ON COLUMN canvass.station_reports.state IS
  'COUNTED (it is in the totals), HELD (it waits for a release), ANNULLED, or SUPERSEDED by a later '
  'revision.';
COMMENT ON COLUMN canvass.station_reports.sequence IS 'Its entry.';
COMMENT ON COLUMN canvass.station_reports.recorded_at IS 'When it was recorded.';
COMMENT ON COLUMN canvass.station_reports.actor IS 'Who submitted it, as authenticated.';
COMMENT ON COLUMN canvass.station_reports.registered_voters IS 'Null where it does not say.';
COMMENT ON COLUMN canvass.station_reports.ballots_issued IS 'Null where it does not say.';
COMMENT ON COLUMN canvass.station_reports.ballots_cast IS 'Null where it does not say.';
COMMENT ON COLUMN canvass.station_reports.blank_votes IS 'Null where it does not say.';
COMMENT ON COLUMN canvass.station_reports.invalid_votes IS 'Null where it does not say.';
COMMENT ON COLUMN canvass.station_reports.asked IS 'Voters whom an exit poll asked.';
COMMENT ON COLUMN canvass.station_reports.refused IS 'Of those, the ones who did not answer.';
COMMENT ON COLUMN canvass.station_reports.undecided IS
  'Of those, the ones who named no candidate.';
COMMENT ON COLUMN canvass.station_reports.votes IS
  'Votes or answers in ballot order; null elements were not given.';
COMMENT ON COLUMN canvass.station_reports.findings IS
  'Rules that it broke without being refused; null for none.';
COMMENT ON COLUMN canvass.station_reports.reason IS 'Why it corrects the revision before.';
COMMENT ON COLUMN canvass.station_reports.election_no IS 'Number of the election.';
COMMENT ON COLUMN canvass.station_reports.contest_no IS 'Number of the contest.';
COMMENT ON COLUMN canvass.station_reports.source_no IS 'Number of the source.';
COMMENT ON COLUMN canvass.station_reports.station_no IS 'Number of the station.';

CREATE VIEW canvass.ledger_entries WITH (security_barrier) AS
SELECT e.election_id, l.sequence, CASE WHEN visible THEN l.recorded_at END AS recorded_at,
  encode(l.leaf_hash, 'hex') AS entry_hash,
  CASE WHEN visible THEN k.name END AS kind,
  CASE WHEN visible THEN l.actor END AS actor,
  CASE WHEN visible THEN c.contest_id END AS contest_id,
  CASE WHEN visible THEN s.source_id END AS source_id,
  CASE WHEN visible THEN st.station_id END AS station_id,
  CASE WHEN visible THEN l.revision END AS revision,
  CASE WHEN visible THEN l.reason END AS reason,
  CASE WHEN visible THEN l.entry END AS entry
FROM canvass.entries l
JOIN canvass.elections e USING (election_no)
JOIN canvass.entry_kinds k USING (kind)
LEFT JOIN canvass.newest_contests c USING (election_no, contest_no)
LEFT JOIN canvass.newest_sources s USING (election_no, source_no)
LEFT JOIN canvass.newest_stations st USING (election_no, station_no)
CROSS JOIN LATERAL (SELECT s.visible_from IS NULL OR s.visible_from <= now() AS visible) embargo;

COMMENT ON VIEW canvass.ledger_entries IS
  'The ledger of each election. While its source is under embargo, only position and hash of an '
  'entry are shown.';
COMMENT ON COLUMN canvass.ledger_entries.election_id IS 'Which election.';
COMMENT ON COLUMN canvass.ledger_entries.sequence IS 'Position: 1, 2, 3, ...';
COMMENT ON COLUMN canvass.ledger_entries.recorded_at IS
  'When it was recorded; null under embargo.';
COMMENT ON COLUMN canvass.ledger_entries.entry_hash IS
  'SHA-256 of a zero byte and the entry (RFC 6962), in lower-case hex.';
COMMENT ON COLUMN canvass.ledger_entries.kind IS 'What happened.';
COMMENT ON COLUMN canvass.ledger_entries.actor IS 'Who caused it, as authenticated.';
COMMENT ON COLUMN canvass.ledger_entries.contest_id IS 'Which contest; null for definitions.';
COMMENT ON COLUMN canvass.ledger_entries.source_id IS 'Who says so; null for definitions.';
COMMENT ON COLUMN canvass.ledger_entries.station_id IS 'Which station, if it is about one.';
COMMENT ON COLUMN canvass.ledger_entries.revision IS 'Which revision, if it is about one.';
COMMENT ON COLUMN canvass.ledger_entries.reason IS 'Why, where a reason was given.';
COMMENT ON COLUMN canvass.ledger_entries.entry IS 'The exact bytes that are hashed.';

-- The views that only other views use repeat their tables' columns; the comments go with them.
DO $$
DECLARE
  part record;
BEGIN
  COMMENT ON COLUMN canvass.recorded_reports.released IS 'A held revision, released since.';
  COMMENT ON COLUMN canvass.recorded_reports.annulled IS 'An annulment in force covers it.';
  COMMENT ON COLUMN canvass.counting_reports.station_area_no IS 'The area that the station lies in.';
  FOR part IN
    SELECT copy.attrelid::regclass AS view, copy.attname,
      min(col_description(original.attrelid, original.attnum)) AS text
    FROM (VALUES ('newest_contests', 'contests'), ('newest_sources', 'sources'),
        ('newest_areas', 'areas'), ('newest_stations', 'stations'),
        ('recorded_reports', 'entries'), ('counting_reports', 'recorded_reports'),
        ('counting_reports', 'entries'), ('counting_reports', 'current_reports'),
        ('places', 'area_totals'), ('places', 'contests')) AS pair(view, origin)
    JOIN pg_attribute copy ON copy.attrelid = ('canvass.' || view)::regclass AND copy.attnum > 0
    JOIN pg_attribute original ON original.attrelid = ('canvass.' || origin)::regclass
      AND original.attname = copy.attname AND original.attnum > 0
    GROUP BY copy.attrelid, copy.attname
  LOOP
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', part.view, part.attname,
      coalesce(part.text, col_description(part.view, 0)));
  END LOOP;
END
$$;

GRANT SELECT ON canvass.current_elections, canvass.current_areas, canvass.area_closure,
  canvass.current_contests, canvass.current_candidates, canvass.current_sources,
  canvass.current_stations, canvass.current_reports, canvass.candidate_totals,
  canvass.area_totals, canvass.station_reports, canvass.ledger_entries
  TO canvass_reader, canvass_writer;
