#ifndef CANVASS_TESTS_FAULTS_POSTGRES_PROXY_H_
#define CANVASS_TESTS_FAULTS_POSTGRES_PROXY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"

namespace canvass::faults {

// What becomes of a connection whose transaction is about to commit.
enum class CommitCut : std::uint8_t {
  kNone,
  kRequestLost,  // the server never hears of the commit; the connection breaks
  kAnswerLost,   // the server commits, the client never hears of it; the connection breaks
  kBroken,       // the connection breaks at once, both ways
  kSlow,         // both ways go on after a while
};

// Finds the end of a COPY in what a client of PostgreSQL says: behind it comes the commit. Reads
// the framing of protocol 3: a start-up message without a type, then a type, a length and a body
// each.
class CopyEndFinder {
 public:
  // Offset of the first CopyDone message in the next bytes, or their size if there is none; call it
  // with what lies behind once more.
  std::size_t Find(std::string_view bytes);

 private:
  bool started_up_ = false;
  std::size_t body_left_ = 0;
  std::string header_;  // of the message that begins, as far as it has come
};

// A connection between an aggregator and PostgreSQL that can be cut, in the test's own process.
// Both ends are Unix sockets: where nothing is cut, it only hands bytes on. Thread-safe.
class PostgresProxy {
 public:
  // Listens in `listen_folder`, which is made, for clients of the server whose socket lies in
  // `server_folder`.
  static absl::StatusOr<std::unique_ptr<PostgresProxy>> Start(const std::string& listen_folder,
                                                              const std::string& server_folder);
  ~PostgresProxy();
  PostgresProxy(const PostgresProxy&) = delete;
  PostgresProxy& operator=(const PostgresProxy&) = delete;

  // Cuts the next commit on any connection, and keeps both ends open for `hold` so that neither
  // notices before. Takes the place of a cut that has not happened yet.
  void CutNextCommit(CommitCut cut, absl::Duration hold);
  // Forgets a cut that has not happened.
  void Disarm();
  // Breaks every connection at once.
  void BreakAll();
  // Nothing passes either way for `hold`; then it goes on, or, with `then_break`, breaks.
  void Stall(absl::Duration hold, bool then_break);
  // Ends the server's side of every connection and goes on taking what clients say, so that they
  // believe it to stand until `hold` is over.
  void AbandonServerSide(absl::Duration hold);
  // Takes every lock away from the sessions that wait for their client, who hears nothing of it.
  // For clients that are stopped: the query goes between theirs.
  void ReleaseLocks();
  // Cuts that happened.
  int commits_cut() const;

 private:
  struct Link {
    int client = -1;
    int server = -1;
    CopyEndFinder finder{};
    std::string to_server{};
    std::string to_client{};
    std::string server_tail{};  // the last bytes of what the server said
    bool is_ours = false;       // what the server says is an answer to us
    bool drop_requests = false;
    bool drop_answers = false;
    bool server_ended = false;
    absl::Time held_until = absl::InfinitePast();     // nothing passes before
    absl::Time broken_from = absl::InfiniteFuture();  // both ends are closed then
  };

  PostgresProxy() = default;
  void Run();
  void Accept();
  void Serve(Link& link, bool client_readable, bool server_readable)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeFromClient(Link& link, std::string_view bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void TakeFromServer(Link& link, std::string_view bytes);
  void Cut(Link& link) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::string server_path_;
  std::string listen_path_;
  int listener_ = -1;
  int wake_ = -1;  // eventfd
  mutable Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::unique_ptr<Link>> links_ ABSL_GUARDED_BY(mutex_);
  CommitCut armed_ ABSL_GUARDED_BY(mutex_) = CommitCut::kNone;
  absl::Duration hold_ ABSL_GUARDED_BY(mutex_);
  int commits_cut_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

}  // namespace canvass::faults

#endif  // CANVASS_TESTS_FAULTS_POSTGRES_PROXY_H_
