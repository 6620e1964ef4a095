import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { realtime, type LinkState } from '@/realtime'

/** How fresh the desk is: the link's state and the seconds since the server was last heard. */
export const useConnection = defineStore('connection', () => {
  const state = ref<LinkState>(realtime.state)
  const seconds = ref(0)
  const everLive = ref(false)
  let tick: ReturnType<typeof setInterval> | null = null

  /** True once a desk that was live has lost its line: what it shows may be old. */
  const lost = computed(() => everLive.value && state.value !== 'live' && state.value !== 'idle')

  realtime.on('state', (next) => {
    state.value = next
    if (next === 'live') everLive.value = true
  })

  function measure(): void {
    seconds.value = realtime.lastHeardAt
      ? Math.max(0, Math.floor((Date.now() - realtime.lastHeardAt) / 1000))
      : 0
  }

  function start(): void {
    realtime.start()
    tick ??= setInterval(measure, 1_000)
  }

  function stop(): void {
    realtime.stop()
    if (tick) clearInterval(tick)
    tick = null
    everLive.value = false
  }

  return { state, seconds, lost, start, stop }
})
