-- The totals of an area are computed from its own stations, and those of a whole contest in one pass. Which
-- of the two, and how, is said here and not left to the planner: it knows nothing of tables that were just
-- filled, and takes a country's reports for a handful of rows.

CREATE INDEX stations_area ON canvass.stations (election_no, area_no);
CREATE INDEX areas_parent ON canvass.areas (election_no, parent_no);

-- As before, but each step upwards looks at one area.
CREATE OR REPLACE VIEW canvass.area_closure AS
SELECT a.election_no, up.area_no, a.area_no AS below_no
FROM canvass.newest_areas a
CROSS JOIN LATERAL (
  WITH RECURSIVE above AS (
    SELECT a.area_no
    UNION
    SELECT parent.area_no
    FROM above
    CROSS JOIN LATERAL (
      SELECT n.parent_no AS area_no
      FROM canvass.areas n
      WHERE n.election_no = a.election_no AND n.area_no = above.area_no
      ORDER BY n.sequence DESC LIMIT 1) parent
    WHERE parent.area_no IS NOT NULL
  )
  SELECT above.area_no FROM above
) up;

-- Both functions run with their owner's rights, since readers may not read tables. They return what the views
-- show anyway.
CREATE FUNCTION canvass.sums_below(
  of_election integer, of_contest integer, of_source integer, of_area integer, candidates integer)
RETURNS TABLE (
  area_no integer, area_id text, parent_no integer, reports bigint, registered_voters bigint, ballots_issued bigint, ballots_cast bigint,
  blank_votes bigint, invalid_votes bigint, asked bigint, refused bigint, undecided bigint, votes bigint[],
  without_registered_voters bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1000 COST 100000
SET search_path = canvass, pg_temp
SET enable_nestloop = off SET enable_mergejoin = off SET enable_indexscan = off
SET enable_hashjoin = on SET enable_bitmapscan = on SET enable_seqscan = on SET enable_sort = off
SET jit = off SET work_mem = '64MB' AS $$
DECLARE
  -- Each candidate has a sum of its own: a third of the time of taking every report's votes apart.
  sums text := (SELECT string_agg(format('coalesce(sum(votes[%s]), 0)::bigint', place), ', ')
    FROM generate_series(1, candidates) place);
BEGIN
  RETURN QUERY EXECUTE format($query$
    WITH RECURSIVE below AS (
      SELECT a.area_no, a.area_id, a.parent_no FROM newest_areas a
      WHERE a.election_no = $1 AND a.area_no = $4
      UNION ALL
      SELECT a.area_no, a.area_id, a.parent_no
      FROM below
      JOIN newest_areas a ON a.election_no = $1 AND a.parent_no = below.area_no
    ), up(area_no, below_no) AS (
      SELECT area_no, area_no FROM below
      UNION ALL
      SELECT below.parent_no, up.below_no
      FROM up
      JOIN below USING (area_no)
      WHERE up.area_no <> $4
    ), own AS MATERIALIZED (
      SELECT s.area_no AS below_no, count(*) AS reports,
        sum(r.registered_voters) AS registered_voters, sum(r.ballots_issued) AS ballots_issued,
        sum(r.ballots_cast) AS ballots_cast, sum(r.blank_votes) AS blank_votes,
        sum(r.invalid_votes) AS invalid_votes, sum(r.asked) AS asked, sum(r.refused) AS refused,
        sum(r.undecided) AS undecided, ARRAY[%1$s]::bigint[] AS votes,
        count(*) - count(r.registered_voters) AS without_registered_voters
      FROM recorded_reports r
      JOIN newest_stations s ON s.election_no = $1 AND s.station_no = r.station_no
      WHERE r.election_no = $1 AND r.contest_no = $2 AND r.source_no = $3
        AND (NOT r.held OR r.released) AND NOT r.annulled AND NOT EXISTS (
          SELECT FROM recorded_reports n
          WHERE n.election_no = $1 AND n.contest_no = $2 AND n.source_no = $3 AND n.revision > 1
            AND n.station_no = r.station_no AND n.revision > r.revision
            AND (NOT n.held OR n.released) AND NOT n.annulled)
      GROUP BY 1
    )
    SELECT up.area_no, below.area_id, below.parent_no, coalesce(sum(reports), 0)::bigint, coalesce(sum(registered_voters), 0)::bigint,
      coalesce(sum(ballots_issued), 0)::bigint, coalesce(sum(ballots_cast), 0)::bigint,
      coalesce(sum(blank_votes), 0)::bigint, coalesce(sum(invalid_votes), 0)::bigint,
      coalesce(sum(asked), 0)::bigint, coalesce(sum(refused), 0)::bigint,
      coalesce(sum(undecided), 0)::bigint, ARRAY[%1$s]::bigint[],
      coalesce(sum(without_registered_voters), 0)::bigint
    FROM up
    JOIN below USING (area_no)
    LEFT JOIN own USING (below_no)
    GROUP BY 1, 2, 3
  $query$, sums) USING of_election, of_contest, of_source, of_area;
END
$$;

COMMENT ON FUNCTION canvass.sums_below(integer, integer, integer, integer, integer) IS
  'Sums over the counting reports of a contest and source, of every area at or below one; a pass '
  'over all entries.';

CREATE FUNCTION canvass.area_sums(
  of_election integer, of_contest integer, of_source integer, of_area integer, candidates integer)
RETURNS TABLE (
  reports bigint, registered_voters bigint, ballots_issued bigint, ballots_cast bigint,
  blank_votes bigint, invalid_votes bigint, asked bigint, refused bigint, undecided bigint, votes bigint[],
  without_registered_voters bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 COST 1000000
SET search_path = canvass, pg_temp
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_material = off SET jit = off AS $$
DECLARE
  -- From here on a pass over all entries is quicker than the index.
  stations_max CONSTANT integer := greatest(
    20000, pg_relation_size('entries') / current_setting('block_size')::bigint / 2);
  areas integer[] := ARRAY(
    WITH RECURSIVE below(area_no) AS (
      SELECT of_area
      UNION ALL
      SELECT child.area_no
      FROM below
      CROSS JOIN LATERAL (
        SELECT a.area_no FROM newest_areas a
        WHERE a.election_no = of_election AND a.parent_no = below.area_no OFFSET 0) child
    )
    SELECT area_no FROM below);
  stations integer[];
BEGIN
  stations := ARRAY(
    SELECT s.station_no
    FROM unnest(areas) AS area(area_no)
    CROSS JOIN LATERAL (
      SELECT station_no FROM newest_stations
      WHERE election_no = of_election AND newest_stations.area_no = area.area_no OFFSET 0) s
    LIMIT stations_max + 1);
  IF cardinality(stations) > stations_max THEN
    RETURN QUERY
      SELECT c.reports, c.registered_voters, c.ballots_issued, c.ballots_cast, c.blank_votes,
        c.invalid_votes, c.asked, c.refused, c.undecided, c.votes, c.without_registered_voters
      FROM sums_below(of_election, of_contest, of_source, of_area, candidates) c
      WHERE c.area_no = of_area;
    RETURN;
  END IF;
  RETURN QUERY
    WITH counting AS MATERIALIZED (
      SELECT r.registered_voters, r.ballots_issued, r.ballots_cast, r.blank_votes, r.invalid_votes,
        r.asked, r.refused, r.undecided, r.votes
      FROM unnest(stations) AS station(station_no)
      CROSS JOIN LATERAL (
        SELECT * FROM entries e
        WHERE e.kind = 3 AND e.election_no = of_election AND e.station_no = station.station_no
          AND e.contest_no = of_contest AND e.source_no = of_source
          AND (NOT e.held OR EXISTS (
            SELECT FROM entries release
            WHERE release.kind = 4
              AND release.election_no = of_election AND release.station_no = station.station_no
              AND release.contest_no = of_contest AND release.source_no = of_source
              AND release.revision = e.revision))
          AND NOT EXISTS (
            SELECT FROM entries annulment
            WHERE annulment.kind = 5
              AND annulment.election_no = of_election AND annulment.station_no = station.station_no
              AND annulment.contest_no = of_contest AND annulment.source_no = of_source
              AND annulment.revision >= e.revision
              AND NOT EXISTS (
                SELECT FROM entries reinstatement
                WHERE reinstatement.kind = 6
                  AND reinstatement.election_no = of_election
                  AND reinstatement.station_no = station.station_no
                  AND reinstatement.contest_no = of_contest AND reinstatement.source_no = of_source
                  AND reinstatement.revision = annulment.revision
                  AND reinstatement.sequence > annulment.sequence))
        ORDER BY e.revision DESC LIMIT 1) r
    )
    SELECT count(*), coalesce(sum(k.registered_voters), 0), coalesce(sum(k.ballots_issued), 0),
      coalesce(sum(k.ballots_cast), 0), coalesce(sum(k.blank_votes), 0),
      coalesce(sum(k.invalid_votes), 0), coalesce(sum(k.asked), 0), coalesce(sum(k.refused), 0),
      coalesce(sum(k.undecided), 0),
      ARRAY(SELECT (SELECT coalesce(sum(v.votes[place]), 0) FROM counting v)
        FROM generate_series(1, candidates) place),
      count(*) - count(k.registered_voters)
    FROM counting k;
END
$$;

COMMENT ON FUNCTION canvass.area_sums(integer, integer, integer, integer, integer) IS
  'The same of one area, from the stations below it.';

-- From the stations to their reports, which lie together: a condition on stations or areas comes first.
CREATE OR REPLACE VIEW canvass.current_reports AS
SELECT e.election_id, c.contest_id, s.source_id, st.station_id, a.area_id, r.revision, r.sequence,
  r.recorded_at, r.registered_voters, r.ballots_issued, r.ballots_cast, r.blank_votes,
  r.invalid_votes, r.asked, r.refused, r.undecided, r.votes, st.election_no, r.contest_no,
  r.source_no, st.station_no, st.area_no
FROM canvass.newest_stations st
JOIN canvass.elections e USING (election_no)
JOIN canvass.newest_areas a USING (election_no, area_no)
CROSS JOIN LATERAL (
  SELECT DISTINCT ON (report.contest_no, report.source_no) report.*
  FROM canvass.entries report
  WHERE report.kind = 3 AND report.election_no = st.election_no
    AND report.station_no = st.station_no
    AND (NOT report.held OR EXISTS (
      SELECT FROM canvass.entries release
      WHERE release.kind = 4
        AND release.election_no = st.election_no AND release.station_no = st.station_no
        AND release.contest_no = report.contest_no AND release.source_no = report.source_no
        AND release.revision = report.revision))
    AND NOT EXISTS (
      SELECT FROM canvass.entries annulment
      WHERE annulment.kind = 5
        AND annulment.election_no = st.election_no AND annulment.station_no = st.station_no
        AND annulment.contest_no = report.contest_no AND annulment.source_no = report.source_no
        AND annulment.revision >= report.revision
        AND NOT EXISTS (
          SELECT FROM canvass.entries reinstatement
          WHERE reinstatement.kind = 6
            AND reinstatement.election_no = st.election_no
            AND reinstatement.station_no = st.station_no
            AND reinstatement.contest_no = report.contest_no
            AND reinstatement.source_no = report.source_no
            AND reinstatement.revision = annulment.revision
            AND reinstatement.sequence > annulment.sequence))
  ORDER BY report.contest_no, report.source_no, report.revision DESC
) r
JOIN canvass.newest_contests c ON c.election_no = st.election_no AND c.contest_no = r.contest_no
JOIN canvass.newest_sources s ON s.election_no = st.election_no AND s.source_no = r.source_no;

-- As before, and how many candidates there are. The areas are not joined to their closure, so that a
-- condition on one of them comes first.
CREATE OR REPLACE VIEW canvass.places AS
SELECT e.election_id, c.contest_id, s.source_id, a.area_id, c.election_no, c.contest_no,
  s.source_no, a.area_no, c.sequence,
  (SELECT count(*)::integer FROM canvass.candidates d
    WHERE d.election_no = c.election_no AND d.contest_no = c.contest_no AND d.sequence = c.sequence)
    AS candidates,
  p.area_id AS parent_id
FROM canvass.newest_contests c
JOIN canvass.elections e USING (election_no)
JOIN canvass.newest_sources s USING (election_no)
JOIN canvass.newest_areas a USING (election_no)
LEFT JOIN canvass.newest_areas p ON p.election_no = a.election_no AND p.area_no = a.parent_no
WHERE EXISTS (
  WITH RECURSIVE above AS (
    SELECT a.area_no
    UNION ALL
    SELECT parent.area_no
    FROM above
    CROSS JOIN LATERAL (
      SELECT n.parent_no AS area_no
      FROM canvass.areas n
      WHERE n.election_no = a.election_no AND n.area_no = above.area_no
      ORDER BY n.sequence DESC LIMIT 1) parent
    WHERE above.area_no <> c.area_no
  )
  SELECT FROM above WHERE above.area_no = c.area_no);
COMMENT ON COLUMN canvass.places.candidates IS 'How many the contest has.';

CREATE OR REPLACE VIEW canvass.area_totals AS
SELECT p.election_id, p.contest_id, p.source_id, p.area_id, t.reports, t.registered_voters,
  t.ballots_issued, t.ballots_cast, t.blank_votes, t.invalid_votes, t.asked, t.refused, t.undecided,
  t.votes, t.without_registered_voters, p.election_no, p.contest_no, p.source_no, p.area_no,
  p.parent_id
FROM canvass.places p
CROSS JOIN LATERAL canvass.area_sums(
  p.election_no, p.contest_no, p.source_no, p.area_no, p.candidates) t;

CREATE OR REPLACE VIEW canvass.candidate_totals AS
SELECT t.election_id, t.contest_id, t.source_id, t.area_id, d.candidate_id, d.name,
  t.votes[d.candidate_no + 1] AS votes,
  t.election_no, t.contest_no, t.source_no, t.area_no, d.candidate_no,
  t.parent_id
FROM canvass.area_totals t
JOIN canvass.newest_contests c USING (election_no, contest_no)
JOIN canvass.candidates d USING (election_no, contest_no, sequence);

COMMENT ON VIEW canvass.area_totals IS
  'Totals of each contest, source and area: sums over the counting reports of the stations below '
  'it, computed anew at every read. Numbers that a report does not give are left out of the sums. For one '
  'area, or those of one parent_id; contest_totals reads all of a contest more quickly.';
COMMENT ON COLUMN canvass.places.parent_id IS 'The area that the area is part of; null for the whole.';
COMMENT ON COLUMN canvass.area_totals.parent_id IS 'The area that the area is part of; null for the whole.';
COMMENT ON COLUMN canvass.candidate_totals.parent_id IS
  'The area that the area is part of; null for the whole.';

CREATE VIEW canvass.contest_totals AS
SELECT e.election_id, c.contest_id, s.source_id, t.area_id, t.reports, t.registered_voters,
  t.ballots_issued, t.ballots_cast, t.blank_votes, t.invalid_votes, t.asked, t.refused, t.undecided,
  t.votes, t.without_registered_voters, c.election_no, c.contest_no, s.source_no, t.area_no,
  p.area_id AS parent_id
FROM canvass.newest_contests c
JOIN canvass.elections e USING (election_no)
JOIN canvass.newest_sources s USING (election_no)
CROSS JOIN LATERAL canvass.sums_below(
  c.election_no, c.contest_no, s.source_no, c.area_no,
  (SELECT count(*)::integer FROM canvass.candidates d
    WHERE d.election_no = c.election_no AND d.contest_no = c.contest_no AND d.sequence = c.sequence)) t
LEFT JOIN canvass.newest_areas p ON p.election_no = c.election_no AND p.area_no = t.parent_no;

COMMENT ON VIEW canvass.contest_totals IS
  'The same as area_totals, computed in one pass for each contest and source: for all areas of a contest.';

DO $$
DECLARE
  name text;
BEGIN
  FOR name IN
    SELECT attname FROM pg_attribute WHERE attrelid = 'canvass.contest_totals'::regclass AND attnum > 0
  LOOP
    EXECUTE format('COMMENT ON COLUMN canvass.contest_totals.%I IS %L', name,
      (SELECT col_description(attrelid, attnum) FROM pg_attribute
        WHERE attrelid = 'canvass.area_totals'::regclass AND attname = name));
  END LOOP;
END
$$;

REVOKE ALL ON FUNCTION canvass.sums_below(integer, integer, integer, integer, integer),
  canvass.area_sums(integer, integer, integer, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION canvass.sums_below(integer, integer, integer, integer, integer),
  canvass.area_sums(integer, integer, integer, integer, integer) TO canvass_reader, canvass_writer;
GRANT SELECT ON canvass.contest_totals TO canvass_reader, canvass_writer;
