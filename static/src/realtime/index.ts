import { io } from 'socket.io-client'
import { Realtime, type Line } from './realtime'

/** The one link of this tab. It redials by itself, so the library's own retry stays off. */
export const realtime = new Realtime(
  () =>
    io({
      transports: ['websocket'],
      autoConnect: false,
      reconnection: false,
      timeout: 8_000,
    }) as unknown as Line,
)

export type { Bbox, LinkState } from './realtime'
