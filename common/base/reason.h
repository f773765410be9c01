#ifndef CANVASS_COMMON_BASE_REASON_H_
#define CANVASS_COMMON_BASE_REASON_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

// All reasons that an error of Canvass can have. Programs read them in google.rpc.ErrorInfo.reason.
//
// The rules on reports are reasons too. RuleName in common/election/rule.h returns their names. A
// rule is listed here only if an error also gives it outside the check of a report.
//
// proto/README.md has the same list for callers. A test compares the two.
namespace canvass {

// Whether sending the same request again can succeed.
enum class Retry : std::uint8_t {
  kNo,    // fails again until the request or the data changes
  kSame,  // may succeed later; RetryInfo, if the error has one, gives the time to wait
  kAnew,  // the caller must read the current state and decide again
};

struct Reason {
  std::string_view name;  // UPPER_SNAKE_CASE, stable
  absl::StatusCode code;  // used unless MakeError is called with another code
  // Programs that return it, separated by commas: reporter, aggregator, publisher, canvass (the
  // operator's command), or "any" for every service.
  std::string_view senders;
  Retry retry;
};

// Sorted by name.
namespace reason {

// The actor of a report is too long or has a character that it may not have.
inline constexpr Reason kActorInvalid = {"ACTOR_INVALID", absl::StatusCode::kInvalidArgument,
                                         "aggregator", Retry::kNo};
// The caller may not submit this report, or not speak for this source.
inline constexpr Reason kActorNotEntitled = {
    "ACTOR_NOT_ENTITLED", absl::StatusCode::kPermissionDenied, "reporter, aggregator", Retry::kNo};
// The file given in --address_file cannot be written.
inline constexpr Reason kAddressFileUnwritable = {
    "ADDRESS_FILE_UNWRITABLE", absl::StatusCode::kFailedPrecondition, "any", Retry::kNo};
// Another process already listens on the --listen address.
inline constexpr Reason kAddressInUse = {"ADDRESS_IN_USE", absl::StatusCode::kFailedPrecondition,
                                         "any", Retry::kNo};
// The --listen address is not host:port.
inline constexpr Reason kAddressMalformed = {"ADDRESS_MALFORMED",
                                             absl::StatusCode::kInvalidArgument, "any", Retry::kNo};
// This machine cannot listen on the --listen address.
inline constexpr Reason kAddressUnavailable = {
    "ADDRESS_UNAVAILABLE", absl::StatusCode::kFailedPrecondition, "any", Retry::kNo};
// The aggregator did not answer; a report that was sent to it may be recorded.
inline constexpr Reason kAggregatorUnreachable = {
    "AGGREGATOR_UNREACHABLE", absl::StatusCode::kUnavailable, "reporter", Retry::kSame};
// The result is already certified with other content.
inline constexpr Reason kAlreadyCertified = {
    "ALREADY_CERTIFIED", absl::StatusCode::kFailedPrecondition, "aggregator", Retry::kAnew};
// The demo's published night does not have three announcements.
inline constexpr Reason kAnnouncementsCount = {
    "ANNOUNCEMENTS_COUNT", absl::StatusCode::kInvalidArgument, "canvass", Retry::kNo};
// An area would contain itself.
inline constexpr Reason kAreaCycle = {"AREA_CYCLE", absl::StatusCode::kInvalidArgument,
                                      "aggregator, canvass", Retry::kNo};
// The area path of a row does not have the number of parts that the mapping gives.
inline constexpr Reason kAreaDepth = {"AREA_DEPTH", absl::StatusCode::kInvalidArgument, "canvass",
                                      Retry::kNo};
// A part of a row's area path is empty.
inline constexpr Reason kAreaEmpty = {"AREA_EMPTY", absl::StatusCode::kInvalidArgument, "canvass",
                                      Retry::kNo};
// The contest is not held in this area.
inline constexpr Reason kAreaNotInContest = {"AREA_NOT_IN_CONTEST", absl::StatusCode::kNotFound,
                                             "aggregator, publisher", Retry::kNo};
// The tree of areas would have too many levels.
inline constexpr Reason kAreaTooDeep = {"AREA_TOO_DEEP", absl::StatusCode::kInvalidArgument,
                                        "aggregator, canvass", Retry::kNo};
// No area has this id.
inline constexpr Reason kAreaUnknown = {"AREA_UNKNOWN", absl::StatusCode::kNotFound,
                                        "aggregator, publisher, canvass", Retry::kNo};
// A service's command line has an argument that is not a flag.
inline constexpr Reason kArgumentUnexpected = {
    "ARGUMENT_UNEXPECTED", absl::StatusCode::kInvalidArgument, "any", Retry::kNo};
// A backup is not what its manifest says.
inline constexpr Reason kBackupDamaged = {"BACKUP_DAMAGED", absl::StatusCode::kDataLoss, "canvass",
                                          Retry::kNo};
// The folder of a backup exists already, or it cannot be written or read.
inline constexpr Reason kBackupUnusable = {"BACKUP_UNUSABLE", absl::StatusCode::kFailedPrecondition,
                                           "canvass", Retry::kNo};
// A program that the benchmarks compare with printed unexpected output.
inline constexpr Reason kBaselineFailed = {"BASELINE_FAILED", absl::StatusCode::kInternal,
                                           "canvass", Retry::kNo};
// The caller's certificate, or that it has none, does not permit this call.
inline constexpr Reason kCallNotPermitted = {
    "CALL_NOT_PERMITTED", absl::StatusCode::kPermissionDenied, "reporter, aggregator", Retry::kNo};
// No row of a station has the votes of this candidate.
inline constexpr Reason kCandidateMissing = {
    "CANDIDATE_MISSING", absl::StatusCode::kInvalidArgument, "canvass", Retry::kNo};
// A candidate is named twice.
inline constexpr Reason kCandidateRepeated = {
    "CANDIDATE_REPEATED", absl::StatusCode::kInvalidArgument, "aggregator, canvass", Retry::kNo};
// No candidate of the contest has this id.
inline constexpr Reason kCandidateUnknown = {"CANDIDATE_UNKNOWN", absl::StatusCode::kNotFound,
                                             "aggregator", Retry::kNo};
// The clock of the aggregator's machine has leapt, or differs from the database's or from the last
// entry. Nothing is recorded until that is mended.
inline constexpr Reason kClockImplausible = {"CLOCK_IMPLAUSIBLE", absl::StatusCode::kUnavailable,
                                             "aggregator", Retry::kSame};
// Two columns of the file have the same name.
inline constexpr Reason kColumnRepeated = {"COLUMN_REPEATED", absl::StatusCode::kInvalidArgument,
                                           "canvass", Retry::kNo};
// The mapping names a column that the file does not have.
inline constexpr Reason kColumnUnknown = {"COLUMN_UNKNOWN", absl::StatusCode::kInvalidArgument,
                                          "canvass", Retry::kNo};
// PostgreSQL committed without waiting for its standby.
inline constexpr Reason kCommitInDoubt = {"COMMIT_IN_DOUBT", absl::StatusCode::kUnavailable,
                                          "aggregator", Retry::kSame};
// The ledger became unreachable during the commit; the request may be recorded.
inline constexpr Reason kCommitUnknown = {"COMMIT_UNKNOWN", absl::StatusCode::kUnavailable,
                                          "aggregator", Retry::kSame};
// The contest's result is certified and must be reopened first.
inline constexpr Reason kContestCertified = {
    "CONTEST_CERTIFIED", absl::StatusCode::kFailedPrecondition, "aggregator", Retry::kNo};
// The request must name a contest because the election does not have exactly one.
inline constexpr Reason kContestMissing = {"CONTEST_MISSING", absl::StatusCode::kInvalidArgument,
                                           "aggregator, publisher", Retry::kNo};
// No contest of the election has this id.
inline constexpr Reason kContestUnknown = {"CONTEST_UNKNOWN", absl::StatusCode::kNotFound,
                                           "aggregator, publisher", Retry::kNo};
// A row that PostgreSQL sent cannot be read.
inline constexpr Reason kCopyMalformed = {"COPY_MALFORMED", absl::StatusCode::kDataLoss,
                                          "aggregator", Retry::kNo};
// A revision above 1 gives no reason.
inline constexpr Reason kCorrectionReasonMissing = {"CORRECTION_REASON_MISSING",
                                                    absl::StatusCode::kInvalidArgument,
                                                    "aggregator, canvass", Retry::kNo};
// A number is outside its range.
inline constexpr Reason kCountOutOfRange = {
    "COUNT_OUT_OF_RANGE", absl::StatusCode::kInvalidArgument, "aggregator, canvass", Retry::kNo};
// The file is empty.
inline constexpr Reason kCsvEmpty = {"CSV_EMPTY", absl::StatusCode::kInvalidArgument, "canvass",
                                     Retry::kNo};
// A row does not have as many fields as the rows before it.
inline constexpr Reason kCsvFieldCount = {"CSV_FIELD_COUNT", absl::StatusCode::kInvalidArgument,
                                          "canvass", Retry::kNo};
// A carriage return is not followed by a line feed.
inline constexpr Reason kCsvLineEnd = {"CSV_LINE_END", absl::StatusCode::kInvalidArgument,
                                       "canvass", Retry::kNo};
// The file contains bytes that are not UTF-8.
inline constexpr Reason kCsvNotUtf8 = {"CSV_NOT_UTF8", absl::StatusCode::kInvalidArgument,
                                       "canvass", Retry::kNo};
// The file contains a NUL byte.
inline constexpr Reason kCsvNul = {"CSV_NUL", absl::StatusCode::kInvalidArgument, "canvass",
                                   Retry::kNo};
// An unquoted field contains a quote, or text follows a closing quote.
inline constexpr Reason kCsvQuoteBroken = {"CSV_QUOTE_BROKEN", absl::StatusCode::kInvalidArgument,
                                           "canvass", Retry::kNo};
// The last row of the file is incomplete.
inline constexpr Reason kCsvTruncated = {"CSV_TRUNCATED", absl::StatusCode::kInvalidArgument,
                                         "canvass", Retry::kNo};
// PostgreSQL found its own files damaged.
inline constexpr Reason kDatabaseCorrupt = {"DATABASE_CORRUPT", absl::StatusCode::kDataLoss,
                                            "aggregator, canvass", Retry::kNo};
// PostgreSQL returned an unexpected error or result.
inline constexpr Reason kDatabaseError = {"DATABASE_ERROR", absl::StatusCode::kInternal,
                                          "aggregator, canvass", Retry::kNo};
// PostgreSQL has no space left or reached one of its limits.
inline constexpr Reason kDatabaseFull = {"DATABASE_FULL", absl::StatusCode::kResourceExhausted,
                                         "aggregator, canvass", Retry::kNo};
// An aggregator leads in the database that a backup is to be restored into.
inline constexpr Reason kDatabaseInUse = {"DATABASE_IN_USE", absl::StatusCode::kFailedPrecondition,
                                          "canvass", Retry::kNo};
// The database that a backup is to be restored into holds a ledger already.
inline constexpr Reason kDatabaseNotEmpty = {
    "DATABASE_NOT_EMPTY", absl::StatusCode::kFailedPrecondition, "canvass", Retry::kNo};
// PostgreSQL denied the login or the operation to this role.
inline constexpr Reason kDatabasePermissionDenied = {"DATABASE_PERMISSION_DENIED",
                                                     absl::StatusCode::kPermissionDenied,
                                                     "aggregator, canvass", Retry::kNo};
// PostgreSQL did not answer in time.
inline constexpr Reason kDatabaseTimeout = {"DATABASE_TIMEOUT", absl::StatusCode::kUnavailable,
                                            "aggregator, canvass", Retry::kSame};
// PostgreSQL cannot be reached or does not accept writes.
inline constexpr Reason kDatabaseUnavailable = {
    "DATABASE_UNAVAILABLE", absl::StatusCode::kUnavailable, "aggregator, canvass", Retry::kSame};
// Another process uses the data folder.
inline constexpr Reason kDataFolderInUse = {
    "DATA_FOLDER_IN_USE", absl::StatusCode::kFailedPrecondition, "canvass", Retry::kNo};
// The data folder, or a file in it, cannot be read or written. Also a file of known ledgers.
inline constexpr Reason kDataFolderUnusable = {"DATA_FOLDER_UNUSABLE",
                                               absl::StatusCode::kFailedPrecondition,
                                               "reporter, publisher, canvass", Retry::kNo};
// A text is not a calendar date in the form YYYY-MM-DD.
inline constexpr Reason kDateMalformed = {"DATE_MALFORMED", absl::StatusCode::kInvalidArgument,
                                          "aggregator, canvass", Retry::kNo};
// The call's deadline is too far in the future.
inline constexpr Reason kDeadlineOutOfRange = {
    "DEADLINE_OUT_OF_RANGE", absl::StatusCode::kInvalidArgument, "any", Retry::kNo};
// The call's deadline passed before the server handled the call.
inline constexpr Reason kDeadlinePast = {"DEADLINE_PAST", absl::StatusCode::kDeadlineExceeded,
                                         "any", Retry::kSame};
// A text is not a decimal number like 93.9.
inline constexpr Reason kDecimalMalformed = {
    "DECIMAL_MALFORMED", absl::StatusCode::kInvalidArgument, "aggregator, canvass", Retry::kNo};
// The same decision was recorded before and has been superseded since.
inline constexpr Reason kDecisionSuperseded = {
    "DECISION_SUPERSEDED", absl::StatusCode::kFailedPrecondition, "aggregator", Retry::kAnew};
// The messages of one definition have too many bytes in total.
inline constexpr Reason kDefinitionTooLarge = {
    "DEFINITION_TOO_LARGE", absl::StatusCode::kResourceExhausted, "aggregator", Retry::kNo};
// The demo did not play to its end.
inline constexpr Reason kDemoFailed = {"DEMO_FAILED", absl::StatusCode::kAborted, "canvass",
                                       Retry::kNo};
// The disk of the data folder has too little space left for PostgreSQL to start.
inline constexpr Reason kDiskFull = {"DISK_FULL", absl::StatusCode::kResourceExhausted, "canvass",
                                     Retry::kNo};
// The echo server of the benchmarks did not start.
inline constexpr Reason kEchoNotStarted = {"ECHO_NOT_STARTED", absl::StatusCode::kUnavailable,
                                           "canvass", Retry::kSame};
// The request must name an election.
inline constexpr Reason kElectionMissing = {"ELECTION_MISSING", absl::StatusCode::kInvalidArgument,
                                            "aggregator, publisher", Retry::kNo};
// Two messages of one definition contain the election's own fields.
inline constexpr Reason kElectionRepeated = {
    "ELECTION_REPEATED", absl::StatusCode::kInvalidArgument, "aggregator", Retry::kNo};
// No election has this id.
inline constexpr Reason kElectionUnknown = {"ELECTION_UNKNOWN", absl::StatusCode::kNotFound,
                                            "aggregator, publisher", Retry::kNo};
// An entry in the database does not match its hash.
inline constexpr Reason kEntryDamaged = {"ENTRY_DAMAGED", absl::StatusCode::kDataLoss, "aggregator",
                                         Retry::kNo};
// The bytes of a ledger entry do not have the hash that the aggregator gives for it.
inline constexpr Reason kEntryHashDiffers = {"ENTRY_HASH_DIFFERS", absl::StatusCode::kDataLoss,
                                             "canvass", Retry::kNo};
// The bytes of a ledger entry cannot be decoded.
inline constexpr Reason kEntryMalformed = {"ENTRY_MALFORMED", absl::StatusCode::kDataLoss,
                                           "aggregator, publisher, canvass", Retry::kNo};
// A ledger entry is not in the database.
inline constexpr Reason kEntryMissing = {"ENTRY_MISSING", absl::StatusCode::kDataLoss, "aggregator",
                                         Retry::kNo};
// An entry does not follow from the entries before it.
inline constexpr Reason kEntryOutOfPlace = {"ENTRY_OUT_OF_PLACE", absl::StatusCode::kDataLoss,
                                            "aggregator, publisher", Retry::kNo};
// A required field is empty.
inline constexpr Reason kFieldMissing = {"FIELD_MISSING", absl::StatusCode::kInvalidArgument,
                                         "reporter", Retry::kNo};
// A message that is recorded has a field that this program does not know. Of a report: a rule.
inline constexpr Reason kFieldUnknown = {"FIELD_UNKNOWN", absl::StatusCode::kInvalidArgument,
                                         "aggregator", Retry::kNo};
// A required flag is empty.
inline constexpr Reason kFlagEmpty = {"FLAG_EMPTY", absl::StatusCode::kInvalidArgument, "any",
                                      Retry::kNo};
// The value of a flag is outside its range.
inline constexpr Reason kFlagOutOfRange = {"FLAG_OUT_OF_RANGE", absl::StatusCode::kInvalidArgument,
                                           "reporter", Retry::kNo};
// The folder for the benchmarks' files cannot be created.
inline constexpr Reason kFolderUnusable = {"FOLDER_UNUSABLE", absl::StatusCode::kFailedPrecondition,
                                           "canvass", Retry::kNo};
// Two names in the file would get the same id.
inline constexpr Reason kIdCollision = {"ID_COLLISION", absl::StatusCode::kInvalidArgument,
                                        "canvass", Retry::kNo};
// A name in the file has no letter or digit to make an id from.
inline constexpr Reason kIdEmpty = {"ID_EMPTY", absl::StatusCode::kInvalidArgument, "canvass",
                                    Retry::kNo};
// A text is not a well-formed id, language tag or label.
inline constexpr Reason kIdMalformed = {"ID_MALFORMED", absl::StatusCode::kInvalidArgument,
                                        "aggregator, canvass", Retry::kNo};
// A message of a definition names another election than the first message.
inline constexpr Reason kIdMismatch = {"ID_MISMATCH", absl::StatusCode::kInvalidArgument,
                                       "aggregator", Retry::kNo};
// Two parts of a definition have the same id, or a list contains an id twice.
inline constexpr Reason kIdRepeated = {"ID_REPEATED", absl::StatusCode::kInvalidArgument,
                                       "aggregator, canvass", Retry::kNo};
// A file or standard input has too many bytes.
inline constexpr Reason kInputTooLarge = {"INPUT_TOO_LARGE", absl::StatusCode::kResourceExhausted,
                                          "canvass", Retry::kNo};
// A file is not JSON of the expected form.
inline constexpr Reason kJsonMalformed = {"JSON_MALFORMED", absl::StatusCode::kInvalidArgument,
                                          "canvass", Retry::kNo};
// A source has no kind.
inline constexpr Reason kKindMissing = {"KIND_MISSING", absl::StatusCode::kInvalidArgument,
                                        "aggregator, canvass", Retry::kNo};
// No area has this kind.
inline constexpr Reason kKindUnknown = {"KIND_UNKNOWN", absl::StatusCode::kNotFound, "publisher",
                                        Retry::kNo};
// The database ends before what was seen of its ledger: it is older than that. Nothing is recorded
// until an operator has decided how to go on.
inline constexpr Reason kLedgerBehind = {"LEDGER_BEHIND", absl::StatusCode::kUnavailable,
                                         "aggregator, canvass", Retry::kSame};
// A ledger does not continue the ledger that was known before.
inline constexpr Reason kLedgerDiverged = {"LEDGER_DIVERGED", absl::StatusCode::kDataLoss,
                                           "reporter, aggregator, publisher, canvass", Retry::kNo};
// The database does not hold what the aggregator has committed. Nothing is recorded until an
// operator has looked at it.
inline constexpr Reason kLedgerTampered = {"LEDGER_TAMPERED", absl::StatusCode::kUnavailable,
                                           "aggregator", Retry::kSame};
// The aggregator cannot reach its ledger or does not know whether it leads.
inline constexpr Reason kLedgerUnavailable = {"LEDGER_UNAVAILABLE", absl::StatusCode::kUnavailable,
                                              "aggregator", Retry::kSame};
// The mapping of an import cannot be used.
inline constexpr Reason kMappingInvalid = {"MAPPING_INVALID", absl::StatusCode::kInvalidArgument,
                                           "canvass", Retry::kNo};
// The bytes are not the expected message, or a text is not UTF-8.
inline constexpr Reason kMessageMalformed = {"MESSAGE_MALFORMED",
                                             absl::StatusCode::kInvalidArgument, "any", Retry::kNo};
// Two candidates have names that look the same.
inline constexpr Reason kNameRepeated = {"NAME_REPEATED", absl::StatusCode::kInvalidArgument,
                                         "aggregator, canvass", Retry::kNo};
// No report of the contest counts, so nothing can be certified.
inline constexpr Reason kNothingCounted = {"NOTHING_COUNTED", absl::StatusCode::kFailedPrecondition,
                                           "aggregator", Retry::kNo};
// Another aggregator leads, or this one is stopping.
inline constexpr Reason kNotActive = {"NOT_ACTIVE", absl::StatusCode::kUnavailable, "aggregator",
                                      Retry::kSame};
// The file has column names but no rows.
inline constexpr Reason kNoRows = {"NO_ROWS", absl::StatusCode::kInvalidArgument, "canvass",
                                   Retry::kNo};
// A cell that must hold a number is empty.
inline constexpr Reason kNumberEmpty = {"NUMBER_EMPTY", absl::StatusCode::kInvalidArgument,
                                        "canvass", Retry::kNo};
// A cell is not a count in plain digits.
inline constexpr Reason kNumberMalformed = {"NUMBER_MALFORMED", absl::StatusCode::kInvalidArgument,
                                            "canvass", Retry::kNo};
// A number, or a sum of numbers, does not fit into 64 bits.
inline constexpr Reason kNumberTooLarge = {"NUMBER_TOO_LARGE", absl::StatusCode::kInvalidArgument,
                                           "canvass", Retry::kNo};
// The outbox's disk is full, and the report was not stored.
inline constexpr Reason kOutboxDiskFull = {"OUTBOX_DISK_FULL", absl::StatusCode::kResourceExhausted,
                                           "reporter", Retry::kSame};
// The outbox was written by another version of Canvass.
inline constexpr Reason kOutboxFormatUnknown = {
    "OUTBOX_FORMAT_UNKNOWN", absl::StatusCode::kFailedPrecondition, "reporter", Retry::kNo};
// The outbox has no room, or no more for this caller or election; the report was not stored.
inline constexpr Reason kOutboxFull = {"OUTBOX_FULL", absl::StatusCode::kResourceExhausted,
                                       "reporter", Retry::kSame};
// Another process has the outbox open.
inline constexpr Reason kOutboxInUse = {"OUTBOX_IN_USE", absl::StatusCode::kFailedPrecondition,
                                        "reporter", Retry::kNo};
// The reporter was started without an outbox.
inline constexpr Reason kOutboxMissing = {"OUTBOX_MISSING", absl::StatusCode::kFailedPrecondition,
                                          "reporter", Retry::kNo};
// The outbox is read-only.
inline constexpr Reason kOutboxReadOnly = {
    "OUTBOX_READ_ONLY", absl::StatusCode::kFailedPrecondition, "reporter", Retry::kNo};
// The outbox lacks reports that it held when it last acknowledged something, or holds others.
inline constexpr Reason kOutboxReportsMissing = {
    "OUTBOX_REPORTS_MISSING", absl::StatusCode::kFailedPrecondition, "reporter", Retry::kNo};
// The outbox's file cannot be read or is not an outbox.
inline constexpr Reason kOutboxUnreadable = {
    "OUTBOX_UNREADABLE", absl::StatusCode::kFailedPrecondition, "reporter", Retry::kNo};
// The outbox cannot be written, and the report was not stored.
inline constexpr Reason kOutboxUnwritable = {"OUTBOX_UNWRITABLE", absl::StatusCode::kUnavailable,
                                             "reporter", Retry::kSame};
// Standard output could not be written completely.
inline constexpr Reason kOutputNotWritten = {"OUTPUT_NOT_WRITTEN", absl::StatusCode::kDataLoss,
                                             "canvass", Retry::kNo};
// The server no longer keeps the list that the page token continues.
inline constexpr Reason kPageExpired = {"PAGE_EXPIRED", absl::StatusCode::kAborted, "publisher",
                                        Retry::kAnew};
// The page size is negative.
inline constexpr Reason kPageSizeOutOfRange = {
    "PAGE_SIZE_OUT_OF_RANGE", absl::StatusCode::kInvalidArgument, "any", Retry::kNo};
// The page token does not come from an answer, or belongs to a request with other fields.
inline constexpr Reason kPageTokenInvalid = {"PAGE_TOKEN_INVALID",
                                             absl::StatusCode::kInvalidArgument, "any", Retry::kNo};
// The parent of an area is not defined.
inline constexpr Reason kParentUnknown = {"PARENT_UNKNOWN", absl::StatusCode::kInvalidArgument,
                                          "aggregator, canvass", Retry::kNo};
// A definition lacks a required part.
inline constexpr Reason kPartMissing = {"PART_MISSING", absl::StatusCode::kInvalidArgument,
                                        "aggregator, canvass", Retry::kNo};
// A watcher's position is negative or is given twice.
inline constexpr Reason kPositionInvalid = {"POSITION_INVALID", absl::StatusCode::kInvalidArgument,
                                            "aggregator", Retry::kNo};
// The PostgreSQL that `canvass up` started has ended.
inline constexpr Reason kPostgresEnded = {"POSTGRES_ENDED", absl::StatusCode::kUnavailable,
                                          "canvass", Retry::kSame};
// No PostgreSQL server is installed.
inline constexpr Reason kPostgresNotFound = {
    "POSTGRES_NOT_FOUND", absl::StatusCode::kFailedPrecondition, "canvass", Retry::kNo};
// PostgreSQL did not start, or its cluster could not be created.
inline constexpr Reason kPostgresNotStarted = {
    "POSTGRES_NOT_STARTED", absl::StatusCode::kUnavailable, "canvass", Retry::kSame};
// No installed PostgreSQL has the required version.
inline constexpr Reason kPostgresVersion = {
    "POSTGRES_VERSION", absl::StatusCode::kFailedPrecondition, "canvass", Retry::kNo};
// A program that Canvass ran ended with an error.
inline constexpr Reason kProcessFailed = {"PROCESS_FAILED", absl::StatusCode::kInternal, "canvass",
                                          Retry::kNo};
// The machine cannot start another process.
inline constexpr Reason kProcessNotStarted = {
    "PROCESS_NOT_STARTED", absl::StatusCode::kResourceExhausted, "canvass", Retry::kSame};
// A program that Canvass ran did not end in time.
inline constexpr Reason kProcessTimeout = {"PROCESS_TIMEOUT", absl::StatusCode::kDeadlineExceeded,
                                           "canvass", Retry::kSame};
// The entry is no proposal that another operator can confirm.
inline constexpr Reason kProposalUnknown = {"PROPOSAL_UNKNOWN", absl::StatusCode::kNotFound,
                                            "canvass", Retry::kNo};
// The publisher has just started and has not received everything yet.
inline constexpr Reason kPublisherStarting = {"PUBLISHER_STARTING", absl::StatusCode::kUnavailable,
                                              "publisher", Retry::kSame};
// The queue is full; nothing of this request was accepted.
inline constexpr Reason kQueueFull = {"QUEUE_FULL", absl::StatusCode::kResourceExhausted,
                                      "reporter, aggregator", Retry::kSame};
// A decision or a change of the definition must give a reason.
inline constexpr Reason kReasonMissing = {"REASON_MISSING", absl::StatusCode::kInvalidArgument,
                                          "aggregator", Retry::kNo};
// A queued report was changed in the outbox's file, or can no longer be read, and was not sent.
inline constexpr Reason kReportDamaged = {"REPORT_DAMAGED", absl::StatusCode::kDataLoss, "reporter",
                                          Retry::kSame};
// No annulment of the report is in force.
inline constexpr Reason kReportNotAnnulled = {
    "REPORT_NOT_ANNULLED", absl::StatusCode::kFailedPrecondition, "aggregator", Retry::kAnew};
// The report is not held: it counts, or was annulled.
inline constexpr Reason kReportNotHeld = {"REPORT_NOT_HELD", absl::StatusCode::kFailedPrecondition,
                                          "aggregator", Retry::kAnew};
// The report was refused, and the receipt gives no reason.
inline constexpr Reason kReportRefused = {"REPORT_REFUSED", absl::StatusCode::kInvalidArgument,
                                          "reporter", Retry::kNo};
// A report has too many bytes.
inline constexpr Reason kReportTooLarge = {"REPORT_TOO_LARGE", absl::StatusCode::kInvalidArgument,
                                           "reporter", Retry::kNo};
// The station has no report of this revision, or none at all.
inline constexpr Reason kReportUnknown = {"REPORT_UNKNOWN", absl::StatusCode::kNotFound,
                                          "aggregator", Retry::kNo};
// A request has more bytes than any that the method knows.
inline constexpr Reason kRequestTooLarge = {"REQUEST_TOO_LARGE", absl::StatusCode::kInvalidArgument,
                                            "any", Retry::kNo};
// The demo's result is not the one that was published.
inline constexpr Reason kResultDiffers = {"RESULT_DIFFERS", absl::StatusCode::kDataLoss, "canvass",
                                          Retry::kNo};
// Stations are missing or held, and the certification does not accept that.
inline constexpr Reason kResultIncomplete = {
    "RESULT_INCOMPLETE", absl::StatusCode::kFailedPrecondition, "aggregator", Retry::kNo};
// The result changed or was reopened after the sequence at which it was read.
inline constexpr Reason kResultMoved = {"RESULT_MOVED", absl::StatusCode::kAborted, "aggregator",
                                        Retry::kAnew};
// The contest's result is not certified.
inline constexpr Reason kResultNotCertified = {"RESULT_NOT_CERTIFIED",
                                               absl::StatusCode::kFailedPrecondition,
                                               "aggregator, publisher", Retry::kNo};
// This revision is recorded with other content.
inline constexpr Reason kRevisionConflict = {"REVISION_CONFLICT", absl::StatusCode::kAlreadyExists,
                                             "aggregator", Retry::kNo};
// The revision does not follow the newest one.
inline constexpr Reason kRevisionGap = {"REVISION_GAP", absl::StatusCode::kFailedPrecondition,
                                        "aggregator", Retry::kSame};
// The revision is below 1.
inline constexpr Reason kRevisionInvalid = {"REVISION_INVALID", absl::StatusCode::kInvalidArgument,
                                            "aggregator", Retry::kNo};
// A decision about a report must name the revision.
inline constexpr Reason kRevisionMissing = {"REVISION_MISSING", absl::StatusCode::kInvalidArgument,
                                            "aggregator", Retry::kNo};
// A decision names a revision that is not the newest, or not the annulled one.
inline constexpr Reason kRevisionMoved = {"REVISION_MOVED", absl::StatusCode::kAborted,
                                          "aggregator", Retry::kAnew};
// The areas do not have exactly one root.
inline constexpr Reason kRootCount = {"ROOT_COUNT", absl::StatusCode::kInvalidArgument,
                                      "aggregator, canvass", Retry::kNo};
// Rows of one station give different areas, numbers or times.
inline constexpr Reason kRowsDisagree = {"ROWS_DISAGREE", absl::StatusCode::kInvalidArgument,
                                         "canvass", Retry::kNo};
// A row of the database does not say what the ledger's entry says.
inline constexpr Reason kRowDiffers = {"ROW_DIFFERS", absl::StatusCode::kDataLoss,
                                       "aggregator, canvass", Retry::kNo};
// A row with this key is already in the database.
inline constexpr Reason kRowExists = {"ROW_EXISTS", absl::StatusCode::kAlreadyExists,
                                      "aggregator, canvass", Retry::kNo};
// A policy gives a rule a severity that the rule cannot have.
inline constexpr Reason kRuleFixed = {"RULE_FIXED", absl::StatusCode::kInvalidArgument,
                                      "aggregator, canvass", Retry::kNo};
// No rule has this name.
inline constexpr Reason kRuleUnknown = {"RULE_UNKNOWN", absl::StatusCode::kInvalidArgument,
                                        "aggregator, canvass", Retry::kNo};
// The database, or a table in it, does not exist.
inline constexpr Reason kSchemaMissing = {"SCHEMA_MISSING", absl::StatusCode::kFailedPrecondition,
                                          "aggregator, canvass", Retry::kNo};
// The database's schema does not have the version that this program needs.
inline constexpr Reason kSchemaVersion = {"SCHEMA_VERSION", absl::StatusCode::kFailedPrecondition,
                                          "aggregator, canvass", Retry::kNo};
// A later seal is about the same report or poll, and must be withdrawn first.
inline constexpr Reason kSealHasSuccessor = {
    "SEAL_HAS_SUCCESSOR", absl::StatusCode::kFailedPrecondition, "aggregator", Retry::kNo};
// No seal with this sequence is closed.
inline constexpr Reason kSealUnknown = {"SEAL_UNKNOWN", absl::StatusCode::kNotFound, "aggregator",
                                        Retry::kNo};
// An entry to be stored does not follow the last entry.
inline constexpr Reason kSequenceGap = {"SEQUENCE_GAP", absl::StatusCode::kInternal, "aggregator",
                                        Retry::kNo};
// A ledger entry is missing from the aggregator's list.
inline constexpr Reason kSequenceMissing = {"SEQUENCE_MISSING", absl::StatusCode::kDataLoss,
                                            "canvass", Retry::kNo};
// The publisher has not received the requested sequence yet.
inline constexpr Reason kSequenceNotReached = {
    "SEQUENCE_NOT_REACHED", absl::StatusCode::kUnavailable, "publisher", Retry::kSame};
// The sequence is outside the ledger.
inline constexpr Reason kSequenceOutOfRange = {"SEQUENCE_OUT_OF_RANGE",
                                               absl::StatusCode::kInvalidArgument,
                                               "aggregator, publisher", Retry::kNo};
// The machine has no user to run PostgreSQL as.
inline constexpr Reason kServerUserUnknown = {
    "SERVER_USER_UNKNOWN", absl::StatusCode::kFailedPrecondition, "canvass", Retry::kNo};
// A service that `canvass up` started did not become healthy.
inline constexpr Reason kServiceNotStarted = {"SERVICE_NOT_STARTED", absl::StatusCode::kUnavailable,
                                              "canvass", Retry::kSame};
// A policy names a rule without a severity.
inline constexpr Reason kSeverityMissing = {"SEVERITY_MISSING", absl::StatusCode::kInvalidArgument,
                                            "aggregator, canvass", Retry::kNo};
// Poll figures contain no share.
inline constexpr Reason kSharesMissing = {"SHARES_MISSING", absl::StatusCode::kInvalidArgument,
                                          "aggregator", Retry::kNo};
// A share or a margin of error is not between 0 and 100 percent.
inline constexpr Reason kShareOutOfRange = {
    "SHARE_OUT_OF_RANGE", absl::StatusCode::kInvalidArgument, "aggregator", Retry::kNo};
// The service is shutting down; reports without a receipt were not accepted.
inline constexpr Reason kShuttingDown = {"SHUTTING_DOWN", absl::StatusCode::kUnavailable,
                                         "reporter, publisher", Retry::kSame};
// The folder of PostgreSQL's socket cannot be created.
inline constexpr Reason kSocketFolderUnusable = {
    "SOCKET_FOLDER_UNUSABLE", absl::StatusCode::kFailedPrecondition, "canvass", Retry::kNo};
// The source is under embargo until the time in visible_from.
inline constexpr Reason kSourceEmbargoed = {
    "SOURCE_EMBARGOED", absl::StatusCode::kFailedPrecondition, "aggregator, publisher", Retry::kNo};
// The source does not have the kind that this request needs.
inline constexpr Reason kSourceKindMismatch = {"SOURCE_KIND_MISMATCH",
                                               absl::StatusCode::kInvalidArgument,
                                               "aggregator, publisher", Retry::kNo};
// The request must name a source.
inline constexpr Reason kSourceMissing = {"SOURCE_MISSING", absl::StatusCode::kInvalidArgument,
                                          "aggregator, publisher", Retry::kNo};
// No source of the election has this id.
inline constexpr Reason kSourceUnknown = {"SOURCE_UNKNOWN", absl::StatusCode::kNotFound,
                                          "aggregator, publisher", Retry::kNo};
// The number is not a station state.
inline constexpr Reason kStateUnknown = {"STATE_UNKNOWN", absl::StatusCode::kInvalidArgument,
                                         "publisher", Retry::kNo};
// A station would be counted at a station that is closed or itself counted elsewhere.
inline constexpr Reason kStationChain = {"STATION_CHAIN", absl::StatusCode::kInvalidArgument,
                                         "aggregator, canvass", Retry::kNo};
// The station is closed.
inline constexpr Reason kStationClosed = {"STATION_CLOSED", absl::StatusCode::kFailedPrecondition,
                                          "aggregator", Retry::kNo};
// The station is counted at another station.
inline constexpr Reason kStationCountedElsewhere = {
    "STATION_COUNTED_ELSEWHERE", absl::StatusCode::kFailedPrecondition, "aggregator", Retry::kNo};
// A row does not name its station.
inline constexpr Reason kStationEmpty = {"STATION_EMPTY", absl::StatusCode::kInvalidArgument,
                                         "canvass", Retry::kNo};
// The request must name a station.
inline constexpr Reason kStationMissing = {"STATION_MISSING", absl::StatusCode::kInvalidArgument,
                                           "publisher", Retry::kNo};
// The contest is not held at this station.
inline constexpr Reason kStationNotInContest = {"STATION_NOT_IN_CONTEST",
                                                absl::StatusCode::kNotFound,
                                                "aggregator, publisher, canvass", Retry::kNo};
// Two rows are for the same station.
inline constexpr Reason kStationRepeated = {"STATION_REPEATED", absl::StatusCode::kInvalidArgument,
                                            "canvass", Retry::kNo};
// No station has this id.
inline constexpr Reason kStationUnknown = {"STATION_UNKNOWN", absl::StatusCode::kNotFound,
                                           "aggregator, publisher, canvass", Retry::kNo};
// A reopening is neither a recount nor a correction.
inline constexpr Reason kStatusInvalid = {"STATUS_INVALID", absl::StatusCode::kInvalidArgument,
                                          "aggregator", Retry::kNo};
// The request gives a tag together with one station.
inline constexpr Reason kTagOfStation = {"TAG_OF_STATION", absl::StatusCode::kInvalidArgument,
                                         "publisher", Retry::kNo};
// No station has this tag.
inline constexpr Reason kTagUnknown = {"TAG_UNKNOWN", absl::StatusCode::kNotFound, "publisher",
                                       Retry::kNo};
// A text has a character that it may not have, or is too long; a document is malformed.
inline constexpr Reason kTextInvalid = {"TEXT_INVALID", absl::StatusCode::kInvalidArgument,
                                        "aggregator, canvass", Retry::kNo};
// A text of a definition is not UTF-8.
inline constexpr Reason kTextNotUtf8 = {"TEXT_NOT_UTF8", absl::StatusCode::kInvalidArgument,
                                        "aggregator, canvass", Retry::kNo};
// A text of a definition has too many bytes.
inline constexpr Reason kTextTooLong = {"TEXT_TOO_LONG", absl::StatusCode::kInvalidArgument,
                                        "aggregator, canvass", Retry::kNo};
// A cell is not a time in the mapping's format.
inline constexpr Reason kTimeMalformed = {"TIME_MALFORMED", absl::StatusCode::kInvalidArgument,
                                          "canvass", Retry::kNo};
// A Timestamp is outside the years 1 to 9999, or its nanoseconds are. Of a report: a rule.
inline constexpr Reason kTimeOutOfRange = {"TIME_OUT_OF_RANGE", absl::StatusCode::kInvalidArgument,
                                           "aggregator", Retry::kNo};
// A text is not the name of a time zone.
inline constexpr Reason kTimeZoneMalformed = {
    "TIME_ZONE_MALFORMED", absl::StatusCode::kInvalidArgument, "aggregator, canvass", Retry::kNo};
// A file of certificates, keys or revocation lists cannot be used.
inline constexpr Reason kTlsFileUnusable = {
    "TLS_FILE_UNUSABLE", absl::StatusCode::kFailedPrecondition, "any", Retry::kNo};
// The service was told to listen beyond this machine without TLS and without --insecure.
inline constexpr Reason kTlsRequired = {"TLS_REQUIRED", absl::StatusCode::kFailedPrecondition,
                                        "any", Retry::kNo};
// Too many definitions are being sent at the same time.
inline constexpr Reason kTooManyDefinitions = {
    "TOO_MANY_DEFINITIONS", absl::StatusCode::kResourceExhausted, "aggregator", Retry::kSame};
// Too many calls wait for their lists to be made.
inline constexpr Reason kTooManyLists = {"TOO_MANY_LISTS", absl::StatusCode::kResourceExhausted,
                                         "any", Retry::kSame};
// A definition would have too many parts of one kind.
inline constexpr Reason kTooManyParts = {"TOO_MANY_PARTS", absl::StatusCode::kInvalidArgument,
                                         "aggregator, canvass", Retry::kNo};
// A request has too many reports.
inline constexpr Reason kTooManyReports = {"TOO_MANY_REPORTS", absl::StatusCode::kInvalidArgument,
                                           "reporter, aggregator", Retry::kNo};
// A message of a definition has too many stations.
inline constexpr Reason kTooManyStations = {"TOO_MANY_STATIONS", absl::StatusCode::kInvalidArgument,
                                            "aggregator", Retry::kNo};
// Too many streams of reports are open.
inline constexpr Reason kTooManyStreams = {"TOO_MANY_STREAMS", absl::StatusCode::kResourceExhausted,
                                           "aggregator", Retry::kSame};
// The service has reached its limit of watchers.
inline constexpr Reason kTooManyWatchers = {"TOO_MANY_WATCHERS",
                                            absl::StatusCode::kResourceExhausted,
                                            "aggregator, publisher", Retry::kSame};
// PostgreSQL aborted the transaction because of a conflict with another one.
inline constexpr Reason kTransactionConflict = {"TRANSACTION_CONFLICT", absl::StatusCode::kAborted,
                                                "aggregator, canvass", Retry::kSame};
// A cell is not a turnout in percent such as 67.0588.
inline constexpr Reason kTurnoutMalformed = {
    "TURNOUT_MALFORMED", absl::StatusCode::kInvalidArgument, "canvass", Retry::kNo};
// Ballots were cast at a turnout of 0 percent.
inline constexpr Reason kTurnoutZero = {"TURNOUT_ZERO", absl::StatusCode::kInvalidArgument,
                                        "canvass", Retry::kNo};
// A definition takes back that two operators decide.
inline constexpr Reason kTwoOperatorsFixed = {
    "TWO_OPERATORS_FIXED", absl::StatusCode::kFailedPrecondition, "aggregator", Retry::kNo};
// The command line is wrong; nothing was done.
inline constexpr Reason kUsage = {"USAGE", absl::StatusCode::kInvalidArgument, "canvass",
                                  Retry::kNo};
// The mapping does not name the candidate of a row.
inline constexpr Reason kValueUnknown = {"VALUE_UNKNOWN", absl::StatusCode::kInvalidArgument,
                                         "canvass", Retry::kNo};
// The change would move votes that are reported to other places or people.
inline constexpr Reason kVotesWouldMove = {
    "VOTES_WOULD_MOVE", absl::StatusCode::kFailedPrecondition, "aggregator", Retry::kNo};

}  // namespace reason
}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_REASON_H_
