#include "services/canvass/commands/commands.h"

namespace canvass::cli {

void AddAllCommands(CommandLine& commands) {
  AddUp(commands);
  AddDemo(commands);
  AddDefine(commands);
  AddImport(commands);
  AddSubmit(commands);
  AddOutbox(commands);
  AddElections(commands);
  AddResults(commands);
  AddAreas(commands);
  AddStations(commands);
  AddCompare(commands);
  AddWatch(commands);
  AddHistory(commands);
  AddChanges(commands);
  AddHeld(commands);
  AddRelease(commands);
  AddRefused(commands);
  AddAnnul(commands);
  AddReinstate(commands);
  AddPoll(commands);
  AddCertify(commands);
  AddConfirm(commands);
  AddReopen(commands);
  AddWithdrawSeal(commands);
  AddStatus(commands);
  AddLedger(commands);
  AddMigrate(commands);
  AddBackup(commands);
  AddRestore(commands);
  AddPki(commands);
  AddBench(commands);
}

}  // namespace canvass::cli
