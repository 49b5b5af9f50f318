// GCJ-02 to WGS-84, as geo/crs.go does it: the published forward shift, inverted
// by iteration to better than a centimetre.
const { PI, abs, cos, sin, sqrt } = Math
const a = 6378245
const ee = 0.006693421622965943

function shift([lon, lat]) {
  const x = lon - 105
  const y = lat - 35
  const common = ((20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2) / 3
  const dLat =
    -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + common +
    ((20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3 + ((160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3
  const dLon =
    300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + common +
    ((20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3 + ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3
  const rad = (lat * PI) / 180
  const magic = 1 - ee * sin(rad) ** 2
  return [(dLon * 180) / ((a / sqrt(magic)) * cos(rad) * PI), (dLat * 180) / (((a * (1 - ee)) / (magic * sqrt(magic))) * PI)]
}

/** Converts a point of mainland China, [lon, lat]. */
export function toWGS84([lon, lat]) {
  let w = [lon, lat]
  for (let i = 0; i < 5; i++) {
    const d = shift(w)
    w = [lon - d[0], lat - d[1]]
  }
  return w
}
