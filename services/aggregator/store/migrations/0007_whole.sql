-- The totals of a country need no stations: every counting report of its contest lies in it. An election of
-- few stations, or the area of a local contest, is quicker by its stations (area_sums).

CREATE FUNCTION canvass.whole_sums(
  of_election integer, of_contest integer, of_source integer, candidates integer)
RETURNS TABLE (
  reports bigint, registered_voters bigint, ballots_issued bigint, ballots_cast bigint,
  blank_votes bigint, invalid_votes bigint, asked bigint, refused bigint, undecided bigint, votes bigint[],
  without_registered_voters bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 COST 100000
SET search_path = canvass, pg_temp
SET enable_nestloop = off SET enable_mergejoin = off SET enable_indexscan = off
SET enable_hashjoin = on SET enable_bitmapscan = on SET enable_seqscan = on SET enable_sort = off
SET jit = off SET work_mem = '64MB' AS $$
DECLARE
  sums text := (SELECT string_agg(format('coalesce(sum(votes[%s]), 0)::bigint', place), ', ')
    FROM generate_series(1, candidates) place);
BEGIN
  RETURN QUERY EXECUTE format($query$
    SELECT count(*), coalesce(sum(r.registered_voters), 0)::bigint,
      coalesce(sum(r.ballots_issued), 0)::bigint, coalesce(sum(r.ballots_cast), 0)::bigint,
      coalesce(sum(r.blank_votes), 0)::bigint, coalesce(sum(r.invalid_votes), 0)::bigint,
      coalesce(sum(r.asked), 0)::bigint, coalesce(sum(r.refused), 0)::bigint,
      coalesce(sum(r.undecided), 0)::bigint, ARRAY[%1$s]::bigint[],
      count(*) - count(r.registered_voters)
    FROM recorded_reports r
    WHERE r.election_no = $1 AND r.contest_no = $2 AND r.source_no = $3
      AND (NOT r.held OR r.released) AND NOT r.annulled AND NOT EXISTS (
        SELECT FROM recorded_reports n
        WHERE n.election_no = $1 AND n.contest_no = $2 AND n.source_no = $3 AND n.revision > 1
          AND n.station_no = r.station_no AND n.revision > r.revision
          AND (NOT n.held OR n.released) AND NOT n.annulled)
  $query$, sums) USING of_election, of_contest, of_source;
END
$$;

COMMENT ON FUNCTION canvass.whole_sums(integer, integer, integer, integer) IS
  'Sums over all counting reports of a contest and source; a pass over all entries.';

CREATE OR REPLACE VIEW canvass.area_totals AS
SELECT p.election_id, p.contest_id, p.source_id, p.area_id, t.reports, t.registered_voters,
  t.ballots_issued, t.ballots_cast, t.blank_votes, t.invalid_votes, t.asked, t.refused, t.undecided,
  t.votes, t.without_registered_voters, p.election_no, p.contest_no, p.source_no, p.area_no,
  p.parent_id
FROM canvass.places p
CROSS JOIN LATERAL (
  SELECT p.parent_id IS NULL AND 20000 < (
    SELECT count(*) FROM (
      SELECT FROM canvass.stations s WHERE s.election_no = p.election_no LIMIT 20001) few) AS large
) country
CROSS JOIN LATERAL (
  SELECT * FROM canvass.whole_sums(p.election_no, p.contest_no, p.source_no, p.candidates)
  WHERE country.large
  UNION ALL
  SELECT * FROM canvass.area_sums(
    p.election_no, p.contest_no, p.source_no, p.area_no, p.candidates)
  WHERE NOT country.large) t;

REVOKE ALL ON FUNCTION canvass.whole_sums(integer, integer, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION canvass.whole_sums(integer, integer, integer, integer)
  TO canvass_reader, canvass_writer;
