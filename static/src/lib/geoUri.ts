/**
 * Gives the address that opens a phone's own navigation (RFC 5870); the query names the pin, since
 * most maps ignore the bare point. WGS-84 degrees.
 */
export function geoUri(lat: number, lon: number, name: string): string {
  const at = `${lat.toFixed(6)},${lon.toFixed(6)}`
  return `geo:${at}?q=${at}(${encodeURIComponent(name)})`
}
