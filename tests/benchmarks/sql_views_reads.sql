-- How long each read takes.
\timing on
\o /dev/null
SELECT * FROM canvass.area_totals WHERE election_id='ru' AND area_id='t100';
SELECT * FROM canvass.area_totals WHERE election_id='ru' AND area_id='t100';
SELECT * FROM canvass.area_totals WHERE election_id='ru' AND area_id='r5';
SELECT * FROM canvass.area_totals WHERE election_id='ru' AND area_id='country' AND source_id='office';
SELECT * FROM canvass.area_totals WHERE election_id='ru' AND area_id='country';
SELECT * FROM canvass.candidate_totals WHERE election_id='ru' AND area_id='r5';
SELECT * FROM canvass.area_totals WHERE election_id='ru' AND parent_id='r5';
SELECT * FROM canvass.area_totals WHERE election_id='ru' AND parent_id='country' AND source_id='office';
SELECT * FROM canvass.contest_totals WHERE election_id='ru' AND source_id='office';
SELECT * FROM canvass.contest_totals WHERE election_id='ru';
SELECT * FROM canvass.contest_totals WHERE election_id='ru' AND parent_id='r5' AND source_id='office';
SELECT * FROM canvass.contest_totals WHERE election_id='ru' AND parent_id='country';
SELECT * FROM canvass.contest_totals;
SELECT * FROM canvass.current_reports WHERE election_id='ru' AND station_id='s777';
SELECT * FROM canvass.current_reports WHERE election_id='ru' AND area_id='t100';
SELECT * FROM canvass.current_reports WHERE election_id='ru';
