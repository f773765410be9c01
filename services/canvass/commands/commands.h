#ifndef CANVASS_SERVICES_CANVASS_COMMANDS_COMMANDS_H_
#define CANVASS_SERVICES_CANVASS_COMMANDS_COMMANDS_H_

// The commands, in the order of --help. Each function is in the file with its command's name.
namespace canvass::cli {

class CommandLine;

// Run the whole stack on one machine.
void AddUp(CommandLine& commands);
void AddDemo(CommandLine& commands);
// Define elections and submit reports.
void AddDefine(CommandLine& commands);
void AddImport(CommandLine& commands);
void AddSubmit(CommandLine& commands);
void AddOutbox(CommandLine& commands);
// Read published results.
void AddElections(CommandLine& commands);
void AddResults(CommandLine& commands);
void AddAreas(CommandLine& commands);
void AddStations(CommandLine& commands);
void AddCompare(CommandLine& commands);
void AddWatch(CommandLine& commands);
void AddHistory(CommandLine& commands);
void AddChanges(CommandLine& commands);
// Decide for the election office.
void AddHeld(CommandLine& commands);
void AddRelease(CommandLine& commands);
void AddRefused(CommandLine& commands);
void AddAnnul(CommandLine& commands);
void AddReinstate(CommandLine& commands);
void AddPoll(CommandLine& commands);
void AddCertify(CommandLine& commands);
void AddConfirm(CommandLine& commands);
void AddReopen(CommandLine& commands);
void AddWithdrawSeal(CommandLine& commands);
// Operate and audit Canvass.
void AddStatus(CommandLine& commands);
void AddLedger(CommandLine& commands);
void AddMigrate(CommandLine& commands);
void AddBackup(CommandLine& commands);
void AddRestore(CommandLine& commands);
void AddPki(CommandLine& commands);
void AddBench(CommandLine& commands);

// Adds all commands.
void AddAllCommands(CommandLine& commands);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_COMMANDS_COMMANDS_H_
