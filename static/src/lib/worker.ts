/** The worker behind a page: it opens the field page without network, and says that there is an order. */
export type Home = '/field' | '/dispatch'

/** Raises what the browser raises. */
export function register(home: Home): Promise<ServiceWorkerRegistration> {
  return navigator.serviceWorker.register('/field-worker.js', { scope: home })
}

/** Where this browser's push service takes messages for the page; null while nobody asked for any. */
export async function subscription(home: Home): Promise<PushSubscription | null> {
  const held = await navigator.serviceWorker.getRegistration(home)
  return (await held?.pushManager.getSubscription()) ?? null
}

/** Binds a new subscription to the server's key. Raises what the browser raises. */
export async function subscribe(home: Home, key: string): Promise<PushSubscription> {
  await register(home)
  const { pushManager } = await navigator.serviceWorker.ready
  await (await pushManager.getSubscription())?.unsubscribe() // it may be bound to an earlier key
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
}

/** No page of this browser is woken any more. */
export async function hush(): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  for (const held of await navigator.serviceWorker.getRegistrations()) {
    await (await held.pushManager.getSubscription())?.unsubscribe()
  }
}
