// Writes the county borders of the demo city to <dist>/demo/counties.geojson,
// in the coordinate system of their source, which the file declares: the server
// converts them when it loads the demo city, on the same path as any import.
//
//   node scripts/boundaries.mjs [dist]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { feature } from 'topojson-client'
import { topology } from 'topojson-server'
import { presimplify, simplify } from 'topojson-simplify'

const here = dirname(fileURLToPath(import.meta.url))
export const city = JSON.parse(readFileSync(join(here, 'demo-city.json'), 'utf8'))

// The source has its points on a grid of 1/1024 degree, so that borders run in
// steps of a hundred metres. Leaving out corners whose triangle is smaller than
// four cells of that grid smooths them; neighbours keep sharing their border.
const step = 1 / 1024
const smallest = 4 * step * step

function read(file) {
  const require = createRequire(import.meta.url)
  const root = dirname(require.resolve(`${city.package}/package.json`))
  return JSON.parse(readFileSync(join(root, 'geojson', 'shape-with-internal-borders', `${file}.geojson`), 'utf8'))
}

const size = (ring) => Math.abs(ring.reduce((sum, [x, y], i) => {
  const [u, v] = ring[(i + 1) % ring.length]
  return sum + x * v - u * y
}, 0)) / 2

/**
 * The largest loop of a ring that touches itself. On the coarse grid the source's
 * outlines run into dead ends and pinch off crumbs: each time a point comes again,
 * the way since then is cut out.
 */
function largestLoop(ring) {
  const way = []
  const seen = new Map()
  let best = []
  for (const p of ring) {
    const key = p.join()
    const i = seen.get(key)
    if (i === undefined) {
      seen.set(key, way.length)
      way.push(p)
      continue
    }
    const loop = way.splice(i + 1)
    for (const q of loop) seen.delete(q.join())
    loop.unshift(p)
    if (size(loop) > size(best)) best = loop
  }
  return best.length < 3 ? null : [...best, best[0]]
}

/** The geometry without crumbs: outlines and holes of less than 50 grid cells. */
function clean(geometry) {
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates
  const kept = polygons
    .map((rings) => rings.map(onGrid).map(largestLoop).filter((r) => r && size(r) > 50 * step * step))
    .filter((rings) => rings.length > 0)
  return { type: 'MultiPolygon', coordinates: kept }
}

/** The ring with a point at every grid line its straight pieces pass, so that places where it touches itself become points. */
function onGrid(ring) {
  const out = [ring[0]]
  for (let i = 1; i < ring.length; i++) {
    const [x0, y0] = ring[i - 1]
    const [x1, y1] = ring[i]
    const n = Math.round(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0)) / step)
    const straight = x0 === x1 || y0 === y1 || Math.abs(Math.abs(x1 - x0) - Math.abs(y1 - y0)) < 1e-9
    for (let k = 1; straight && k < n; k++) out.push([x0 + ((x1 - x0) * k) / n, y0 + ((y1 - y0) * k) / n])
    if (x0 !== x1 || y0 !== y1) out.push([x1, y1])
  }
  return out
}

/** All counties of the home city and its neighbours, borders smoothed together. */
export function counties() {
  const features = []
  for (const place of [city.home, ...city.neighbours]) {
    for (const f of read(place.file).features) {
      const renamed = city.renamed[f.id] ?? {}
      const code = renamed.code ?? f.id
      if (!/^\d{6}$/.test(code) || !code.startsWith(place.code)) {
        throw new Error(`${place.file}: county ${f.properties.name} has the code ${f.id}, want one that starts with ${place.code}`)
      }
      features.push({
        type: 'Feature',
        id: code,
        properties: { code, name: renamed.name ?? f.properties.name, level: 'county', parent: place.code, cp: f.properties.cp },
        geometry: clean(f.geometry),
      })
    }
  }
  const whole = presimplify(topology({ counties: { type: 'FeatureCollection', features } }))
  const slim = simplify(whole, smallest)
  return { topology: slim, features: feature(slim, slim.objects.counties).features }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const out = join(resolve(process.argv[2] ?? join(here, '..', 'dist')), 'demo')
  const home = counties().features.filter((f) => f.properties.parent === city.home.code)
  for (const f of home) delete f.properties.cp
  mkdirSync(out, { recursive: true })
  const file = {
    type: 'FeatureCollection',
    crs: { type: 'name', properties: { name: city.system } },
    source: city.source,
    city: { code: city.home.code, name: city.home.name },
    features: home,
  }
  writeFileSync(join(out, 'counties.geojson'), JSON.stringify(file))
  console.log(`demo/counties.geojson: ${home.length} counties, ${JSON.stringify(file).length} bytes`)
}
