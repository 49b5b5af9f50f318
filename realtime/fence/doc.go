// Package fence sees which lines on the map a moving team crosses. It is told
// of lines and of fixes and tells who is on the other side now; it knows no
// clock, no lock and no store. What becomes of a crossing is its caller's.
//
// # When a side is believed
//
// A receiver's fixes scatter, and a team that stands at a line would cross it
// every second. So a fix proves a side only where it lies farther from the line
// than its own inaccuracy: the margin, which is the accuracy that the source
// told, but at least 10 m and at most 50 m; 20 m where it told none. Nearer to
// the line a team keeps its side until its fixes have lain on the other one for
// 30 s without a break, by the times of the fixes. A team that was never seen
// before is outside.
//
// A point on the line itself is inside, as ST_Covers of PostGIS has it.
// Distances to a line are measured on a plane that touches the earth at the fix
// (geo.Prepared), those to the middle of a ring along the great circle.
package fence
