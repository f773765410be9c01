#ifndef CANVASS_SERVICES_CANVASS_COMMANDS_H_
#define CANVASS_SERVICES_CANVASS_COMMANDS_H_

// The list of commands, in the order of --help. Each function is in the file of its command's name.
namespace canvass {

class CommandLine;

// The whole stack on one machine.
void AddUp(CommandLine& commands);
void AddDemo(CommandLine& commands);
// An election comes in.
void AddDefine(CommandLine& commands);
void AddImport(CommandLine& commands);
void AddSubmit(CommandLine& commands);
void AddOutbox(CommandLine& commands);
// The public reads it.
void AddElections(CommandLine& commands);
void AddResults(CommandLine& commands);
void AddAreas(CommandLine& commands);
void AddStations(CommandLine& commands);
void AddCompare(CommandLine& commands);
void AddWatch(CommandLine& commands);
void AddHistory(CommandLine& commands);
void AddChanges(CommandLine& commands);
// The election office decides.
void AddHeld(CommandLine& commands);
void AddRelease(CommandLine& commands);
void AddRefused(CommandLine& commands);
void AddAnnul(CommandLine& commands);
void AddReinstate(CommandLine& commands);
void AddPoll(CommandLine& commands);
void AddCertify(CommandLine& commands);
void AddReopen(CommandLine& commands);
// Whoever runs or audits it.
void AddLedger(CommandLine& commands);
void AddMigrate(CommandLine& commands);
void AddBench(CommandLine& commands);

// All of them.
void AddAllCommands(CommandLine& commands);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_COMMANDS_H_
