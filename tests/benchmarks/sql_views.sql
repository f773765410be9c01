-- Fills an empty schema canvass as an election night would: 97 699 stations, their reports in a random order,
-- corrections, holds, releases, annulments and reinstatements. See README.md.
SELECT setseed(0.3);
INSERT INTO canvass.elections VALUES (1,'ru'),(2,'small');
INSERT INTO canvass.election_versions VALUES (1,1,'Ru','{}','2024-03-17','Europe/Moscow',NULL,NULL,false,'{}'),(2,1,'S','{}','2024-03-17','Europe/Moscow',NULL,NULL,false,'{}');
INSERT INTO canvass.areas SELECT 1,0,1,'country',NULL,'country','Country','{}';
INSERT INTO canvass.areas SELECT 1,i,1,'r'||i,0,'region','Region '||i,'{}' FROM generate_series(1,85) i;
INSERT INTO canvass.areas SELECT 1,85+i,1,'t'||i,1+i%85,'district','District '||i,'{}' FROM generate_series(1,2800) i;
INSERT INTO canvass.areas VALUES (2,0,1,'x',NULL,'country','x','{}');
INSERT INTO canvass.stations SELECT 1,i,1,'s'||i,86+i%2800,'Station '||i,'{}','{}',1000,NULL,NULL FROM generate_series(0,97698) i;
INSERT INTO canvass.stations SELECT 2,i,1,'s'||i,0,'Station '||i,'{}','{}',1000,NULL,NULL FROM generate_series(0,9) i;
INSERT INTO canvass.contests VALUES (1,0,1,'president','President','{}',0,true),(2,0,1,'president','President','{}',0,true);
INSERT INTO canvass.candidates SELECT 1,0,c,1,'c'||c,'Cand '||c,'{}','','{}',false FROM generate_series(0,7) c;
INSERT INTO canvass.sources VALUES (1,0,1,'office','OFFICIAL','Office','{}','{}',NULL,NULL,NULL),(1,1,1,'observers','PARALLEL_COUNT','Obs','{}','{}',NULL,NULL,NULL);
INSERT INTO canvass.candidates SELECT 2,0,c,1,'c'||c,'Cand '||c,'{}','','{}',false FROM generate_series(0,7) c;
INSERT INTO canvass.sources VALUES (2,0,1,'office','OFFICIAL','Office','{}','{}',NULL,NULL,NULL);
CREATE TEMP SEQUENCE q START 2;
CREATE TEMP TABLE todo AS SELECT station, source, rev, kind, random()+rev+ (kind-3)*0.3 AS o FROM (
 SELECT i AS station,0 AS source,1 AS rev,3 AS kind FROM generate_series(0,97698) i
 UNION ALL SELECT i,1,1,3 FROM generate_series(0,97698,10) i
 UNION ALL SELECT i,0,2,3 FROM generate_series(0,97698,50) i
 UNION ALL SELECT i,0,1,4 FROM generate_series(1,97698,100) i
 UNION ALL SELECT i,0,2,5 FROM generate_series(0,97698,300) i
 UNION ALL SELECT i,0,1,5 FROM generate_series(7,97698,300) i
 UNION ALL SELECT i,0,1,6 FROM generate_series(7,97698,900) i) x;
INSERT INTO canvass.entries (sequence,recorded_at,election_no,contest_no,source_no,station_no,revision,registered_voters,ballots_issued,ballots_cast,blank_votes,invalid_votes,kind,held,actor,votes,reason,entry,leaf_hash)
SELECT nextval('q'),now(),1,0,source,station,rev,
 CASE WHEN kind=3 THEN 1000+station%7 END, CASE WHEN kind=3 THEN 800 END,CASE WHEN kind=3 THEN 799 END,CASE WHEN kind=3 THEN 3 END,CASE WHEN kind=3 THEN 4 END,
 kind, CASE WHEN kind=3 THEN station%100=1 OR station%100=2 END,'office', CASE WHEN kind=3 THEN ARRAY[100,50,30,20,10,5,station%50,7+rev] END, NULL,
 decode(repeat(md5(station::text),5),'hex'), sha256(int4send(station)) FROM (SELECT * FROM todo ORDER BY o, station) t;
