import { onBeforeUnmount, ref, watch, type Ref } from 'vue'

const EVERY_MS = 4_000

/** Rings while `level` is above 0: one tone more for each level, until somebody takes the alarm. */
export function useAlarmSound(level: Ref<number>): { blocked: Ref<boolean>; unlock: () => void } {
  const blocked = ref(false)
  let context: AudioContext | null = null
  let timer: ReturnType<typeof setInterval> | null = null

  function ring(): void {
    context ??= new AudioContext()
    blocked.value = context.state !== 'running'
    if (blocked.value) {
      void context.resume().then(() => {
        blocked.value = context?.state !== 'running'
      })
      return
    }
    for (let i = 0; i <= level.value; i++) tone(context, i * 0.22, i % 2 ? 660 : 880)
  }

  function unlock(): void {
    void context?.resume().then(() => ring())
  }

  watch(
    () => level.value > 0,
    (on) => {
      if (timer) clearInterval(timer)
      timer = on ? setInterval(ring, EVERY_MS) : null
      if (on) ring()
    },
    { immediate: true },
  )

  onBeforeUnmount(() => {
    if (timer) clearInterval(timer)
    void context?.close()
  })

  return { blocked, unlock }
}

function tone(context: AudioContext, delay: number, hertz: number): void {
  const start = context.currentTime + delay
  const oscillator = context.createOscillator()
  const gain = context.createGain()
  oscillator.frequency.value = hertz
  gain.gain.setValueAtTime(0.0001, start)
  gain.gain.exponentialRampToValueAtTime(0.25, start + 0.02)
  gain.gain.exponentialRampToValueAtTime(0.0001, start + 0.18)
  oscillator.connect(gain).connect(context.destination)
  oscillator.start(start)
  oscillator.stop(start + 0.2)
}
