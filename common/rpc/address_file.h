#ifndef CANVASS_COMMON_RPC_ADDRESS_FILE_H_
#define CANVASS_COMMON_RPC_ADDRESS_FILE_H_

#include <string>

#include "absl/status/status.h"

namespace canvass::rpc {

// Writes `address` and a newline to the file at `path`, from which others learn the port. The file
// is replaced atomically: readers see either the whole line or no file. Returns FAILED_PRECONDITION
// ADDRESS_FILE_UNWRITABLE with the file's name.
absl::Status WriteAddressFile(const std::string& path, const std::string& address);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_ADDRESS_FILE_H_
