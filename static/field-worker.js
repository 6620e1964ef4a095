// Opens the field page without network. It keeps the page's own files and nothing else: what the
// API says never passes here, and only `/field` is answered from what was kept.
// The build puts in the list of files and a name that changes with it.
const SHELL = __SHELL__
const NAME = 'field-__VERSION__'
const PAGE = '/field'
const PATIENCE_MS = 4000

self.addEventListener('install', (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()))
})

self.addEventListener('activate', (event) => {
  event.waitUntil(clear().then(() => self.clients.claim()))
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== self.location.origin) return
  if (request.mode === 'navigate' && pathname === PAGE) event.respondWith(page(request))
  else if (pathname.startsWith('/assets/')) event.respondWith(asset(request))
})

async function keep() {
  const cache = await caches.open(NAME)
  await cache.addAll([new Request(PAGE, { cache: 'reload' }), ...SHELL])
}

async function clear() {
  for (const name of await caches.keys()) if (name !== NAME) await caches.delete(name)
}

/** The newest page where the network answers soon, else the one that was kept. */
async function page(request) {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) })
  } catch {
    return (await caches.match(PAGE)) ?? Response.error()
  }
}

/** Their names change with their content: what was kept is right for ever. */
async function asset(request) {
  const kept = await caches.match(request)
  if (kept) return kept
  const answer = await fetch(request)
  if (answer.ok) await (await caches.open(NAME)).put(request, answer.clone())
  return answer
}
