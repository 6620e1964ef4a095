import { defineStore } from 'pinia'
import { ref } from 'vue'

/** Whether somebody is asked for a fresh proof of who they are; requests that need it wait here. */
export const usePresence = defineStore('presence', () => {
  const asking = ref(false)
  let waiting: ((given: boolean) => void)[] = []

  /** Gives true once the proof was given, false when it was refused. */
  function ask(): Promise<boolean> {
    asking.value = true
    return new Promise((resolve) => waiting.push(resolve))
  }

  function settle(given: boolean): void {
    asking.value = false
    for (const resolve of waiting) resolve(given)
    waiting = []
  }

  return { asking, ask, settle }
})
