# Writes OUTPUT, a C++ file that defines canvass::aggregator::Migrations(), from FOLDER/*.sql.
file(GLOB files "${FOLDER}/*.sql")
list(SORT files)
set(entries "")
foreach(file ${files})
  cmake_path(GET file STEM stem)
  if(NOT stem MATCHES "^0*([1-9][0-9]*)_([a-z0-9_]+)$")
    message(FATAL_ERROR "${file}: a migration is named NUMBER_name.sql, such as 0001_ledger.sql")
  endif()
  file(READ "${file}" sql)
  string(APPEND entries "    {${CMAKE_MATCH_1}, \"${CMAKE_MATCH_2}\", R\"canvass_sql(${sql})canvass_sql\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "#include \"services/aggregator/store/migrations.h\"

namespace canvass::aggregator {
namespace {
constexpr postgres::Migration kMigrations[] = {
${entries}};
}  // namespace

std::span<const postgres::Migration> Migrations() { return kMigrations; }

}  // namespace canvass::aggregator
")
