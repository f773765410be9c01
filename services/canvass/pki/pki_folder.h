#ifndef CANVASS_SERVICES_CANVASS_PKI_PKI_FOLDER_H_
#define CANVASS_SERVICES_CANVASS_PKI_PKI_FOLDER_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/election/actor.h"
#include "common/identity/credentials.h"
#include "common/identity/issuer.h"
#include "common/process/folder.h"

namespace canvass::cli {

struct PkiOptions {
  std::string folder{};
  std::string trust_domain{};  // of a new authority; "" for "canvass.example"
  absl::Duration valid_for = absl::Hours(24 * 90);
  std::vector<std::string> hosts{};  // at which the services are called
};

// The certificates of a test or rehearsal, in a folder for this user alone:
//
//   authority.pem, authority-key.pem    who issues all others
//   revocations.pem                     whose certificates do not count any more
//   ROLE/NAME.pem                       a certificate and its private key, e.g. station/125-7.pem
//   revoked/ROLE-NAME-NUMBER.pem        likewise
//
// Not thread-safe.
class PkiFolder {
 public:
  // Makes the folder, the authority and an empty revocation list if they are missing. Returns
  // DATA_FOLDER_UNUSABLE, TLS_FILE_UNUSABLE, or INVALID_ARGUMENT USAGE for a trust domain
  // that is none or not the authority's.
  static absl::StatusOr<PkiFolder> Open(PkiOptions options, absl::Time now);

  const std::string& trust_domain() const { return issuer_.trust_domain(); }
  // Issues a certificate for the actor, unless there is one that is good for half of valid_for.
  // Returns whether it was issued.
  absl::StatusOr<bool> Issue(const election::Actor& actor);
  // Revokes the actor's certificate. Issue makes another one. Returns NOT_FOUND if there is none.
  absl::Status Revoke(const election::Actor& actor);

  // The files by which a process says that it is the actor.
  identity::TlsFiles FilesOf(const election::Actor& actor) const;

 private:
  PkiFolder(PkiOptions options, absl::Time now, process::Folder folder, identity::Issuer issuer);

  absl::StatusOr<const process::Folder*> FolderOf(const std::string& name);
  absl::Status WriteRevocations();

  PkiOptions options_;
  absl::Time now_;
  process::Folder folder_;
  identity::Issuer issuer_;
  std::map<std::string, process::Folder, std::less<>> folders_;  // in it, by name
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_PKI_PKI_FOLDER_H_
