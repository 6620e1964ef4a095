/** How often a phone on duty tells where it is. */

const ON_ORDER_MS = 10_000
const IDLE_MS = 30_000

/** Whether it is time to send a position again; `sentAt` null before the first. */
export function isDue(sentAt: number | null, now: number, onOrder: boolean): boolean {
  return sentAt === null || now - sentAt >= (onOrder ? ON_ORDER_MS : IDLE_MS)
}

const KMH_PER_MS = 3.6

/** A browser's fix in the server's words; what the phone does not know stays null. */
export function toPhoneFix({ coords, timestamp }: Pick<GeolocationPosition, 'coords' | 'timestamp'>) {
  const { latitude, longitude, accuracy, speed, heading } = coords
  return {
    lat: latitude,
    lon: longitude,
    accuracy: Number.isFinite(accuracy) ? accuracy : null,
    speed_kmh: speed === null || Number.isNaN(speed) ? null : Math.max(0, speed * KMH_PER_MS),
    course: heading === null || Number.isNaN(heading) ? null : heading,
    at: new Date(timestamp).toISOString(),
  }
}
