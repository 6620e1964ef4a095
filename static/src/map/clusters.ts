import type { GeoJSONSource, Map as Engine } from 'maplibre-gl'
import type { Hit } from './context'
import { CASE_SOURCE } from './layers/names'

const MOST_LEAVES = 40

interface Stack {
  hits: Hit[]
  lon: number
  lat: number
}

/**
 * Opens a cluster by going as close as its members need; those that no zoom can part are given
 * back as a stack, for the spider.
 */
export async function openCluster(map: Engine, cluster: GeoJSON.Feature): Promise<Stack | null> {
  const source = map.getSource<GeoJSONSource>(CASE_SOURCE)
  const id = Number(cluster.properties?.['cluster_id'])
  const [lon = 0, lat = 0] = (cluster.geometry as GeoJSON.Point).coordinates
  if (!source) return null
  const zoom = await source.getClusterExpansionZoom(id)
  if (zoom <= map.getMaxZoom() && zoom > map.getZoom()) {
    map.easeTo({ center: [lon, lat], zoom: zoom + 0.3, duration: 400 })
    return null
  }
  const leaves = await source.getClusterLeaves(id, MOST_LEAVES, 0)
  return { hits: leaves.map((leaf) => ({ kind: 'case', id: Number(leaf.properties?.['id']) })), lon, lat }
}
