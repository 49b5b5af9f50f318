// Package imports reads what departments really have: lists of teams, items,
// depots and hazard sources as CSV (UTF-8 or GB18030) or XLSX with Chinese or
// English headers, and areas as GeoJSON in a declared coordinate system.
//
//	file ─ table.go ─ rows ─ header.go ─ fields ─ one function per kind ─ records ─ dispatch.Import
//	     └ GeoJSON ─ area.go ──────────────────────────────────────────┘
//
// An import is all or nothing. Its report names each fault by row, column and
// value, and says what would be right, in Chinese and English; a dry run gives
// the same report and writes nothing. What is there already (the same call sign,
// code, number or name) is edited, not doubled.
package imports
