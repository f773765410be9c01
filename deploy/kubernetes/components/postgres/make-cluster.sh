#!/usr/bin/env bash
# Makes PostgreSQL's cluster with the database and its logins, the first time; run by bash in the image
# of PostgreSQL. $OWNER_PASSWORD and $AGGREGATOR_PASSWORD are the passwords.
set -euo pipefail

[[ ! -e $PGDATA/PG_VERSION ]] || exit 0
draft=$PGDATA.new # a start that was cut short leaves no half of a cluster
rm -rf "$draft"
initdb --pgdata "$draft" --username postgres --auth peer --encoding UTF8 --locale C --data-checksums
pg_ctl --pgdata "$draft" --wait --options "-k /tmp -c listen_addresses=''" start
psql --host /tmp --username postgres --set ON_ERROR_STOP=1 \
  --set "owner_password=$OWNER_PASSWORD" --set "aggregator_password=$AGGREGATOR_PASSWORD" <<'SQL'
CREATE ROLE canvass_writer;
CREATE ROLE canvass_reader;
CREATE ROLE canvass_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE canvass_aggregator LOGIN PASSWORD :'aggregator_password' IN ROLE canvass_writer;
CREATE DATABASE canvass OWNER canvass_owner;
SQL
pg_ctl --pgdata "$draft" --wait --mode fast stop
mv "$draft" "$PGDATA"
