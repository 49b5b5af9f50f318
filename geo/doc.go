// Package geo holds values on the earth's surface and the plain geometry that
// the rest of the house needs: points, bounds, polygons, distances, coordinate
// systems. It knows nothing of rescue work.
//
// Every coordinate is WGS-84 (EPSG:4326), degrees, longitude first, unless a
// name says otherwise; other systems are converted at the edge (see crs.go).
package geo
