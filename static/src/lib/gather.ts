/**
 * Gives a function that runs `work` once for a burst of calls: `ms` after the first call, never
 * twice at the same time, and once more when calls came while it was running.
 */
export function gather(work: () => Promise<unknown>, ms: number): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null
  let running = false
  let again = false

  async function run(): Promise<void> {
    timer = null
    running = true
    try {
      await work()
    } finally {
      running = false
      if (again) {
        again = false
        call()
      }
    }
  }

  function call(): void {
    if (running) again = true
    else timer ??= setTimeout(() => void run().catch(() => undefined), ms)
  }

  return call
}
