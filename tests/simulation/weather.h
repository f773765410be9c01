#ifndef CANVASS_TESTS_SIMULATION_WEATHER_H_
#define CANVASS_TESTS_SIMULATION_WEATHER_H_

#include "tests/simulation/random.h"

namespace canvass::simulation {

// What is planted, to see that it is found.
enum class Bug {
  kNone,
  kNoFence,             // appends do not check who leads
  kNoFenceNoKeys,       // the same, and the database has no unique keys either
  kAnswerBeforeCommit,  // appends return before they are committed
  kBlindResend,         // what is in doubt is sent again without a look at what is there
  kBlindResendNoKeys,   // the same, over a database without unique keys
  kFollowerServes,      // standbys answer reads
  kTrustsOneClock,      // nobody looks at the database's clock
};

// How often things go wrong, in a thousand. Every schedule has another weather: in each some faults
// are frequent and others absent, so that rare combinations come up too.
struct Weather {
  // Of calls of the database.
  int connect_fails = 0;
  int replay_breaks = 0;
  int append_never_arrives = 0;
  int append_answer_lost = 0;  // committed
  int append_in_doubt = 0;     // decided later
  int writer_dies_in_append = 0;
  int heartbeat_fails = 0;
  // Of each tenth of a second.
  int aggregator_dies = 0;
  int aggregator_freezes = 0;
  int aggregator_cut_off = 0;  // from the database
  int lock_lost = 0;           // while its session lives
  int session_ended = 0;
  int database_restarts = 0;
  int reporter_dies = 0;
  int reporter_freezes = 0;
  int clock_jumps = 0;
  // Of messages.
  int dropped = 0;
  int duplicated = 0;
  int delayed = 0;  // by seconds, past others

  static Weather Of(Random& random) {
    const auto draw = [&random](int most) {
      return random.Chance(500) ? 0 : static_cast<int>(random.Below(1 + most));
    };
    Weather weather;
    weather.connect_fails = draw(200);
    weather.replay_breaks = draw(100);
    weather.append_never_arrives = draw(150);
    weather.append_answer_lost = draw(150);
    weather.append_in_doubt = draw(150);
    weather.writer_dies_in_append = draw(100);
    weather.heartbeat_fails = draw(100);
    weather.aggregator_dies = draw(30);
    weather.aggregator_freezes = draw(30);
    weather.aggregator_cut_off = draw(30);
    weather.lock_lost = draw(50);
    weather.session_ended = draw(50);
    weather.database_restarts = draw(20);
    weather.reporter_dies = draw(30);
    weather.reporter_freezes = draw(30);
    weather.clock_jumps = draw(50);
    weather.dropped = draw(150);
    weather.duplicated = draw(200);
    weather.delayed = draw(150);
    return weather;
  }
};

}  // namespace canvass::simulation

#endif  // CANVASS_TESTS_SIMULATION_WEATHER_H_
