import { register } from '@/lib/worker'

/**
 * Lets the browser keep this page's own files, so that it opens without network. They hold nothing
 * of anybody. Browsers that may not (plain http) go on without.
 */
export function keepShell(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  register('/field').catch(() => undefined)
}
