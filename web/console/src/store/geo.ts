// Small geometry for the screens. Points are [lon, lat] in WGS-84.
import type { Point } from '../api/types';

const rad = Math.PI / 180;

/** Metres along the great circle, on a sphere of 6,371,008.8 m. */
export function meters(a: Point, b: Point): number {
  const dLat = (b[1] - a[1]) * rad;
  const dLon = (b[0] - a[0]) * rad;
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a[1] * rad) * Math.cos(b[1] * rad) * Math.sin(dLon / 2) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.min(1, Math.sqrt(h)));
}

/**
 * Reads typed coordinates: longitude first, in degrees. Latitude first is
 * understood where only that can be meant (a second number beyond ±90).
 * Undefined when it is no pair of coordinates.
 */
export function parsePoint(text: string): Point | undefined {
  const m = /^\s*(-?\d{1,3}(?:\.\d+)?)\s*[,，;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text);
  if (!m) return undefined;
  let lon = Number(m[1]);
  let lat = Number(m[2]);
  if (Math.abs(lat) > 90 && Math.abs(lon) <= 90) [lon, lat] = [lat, lon];
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? [lon, lat] : undefined;
}
