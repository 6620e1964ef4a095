// Opens the field page without network. It keeps the page's own files and nothing else: what the
// API says never passes here, and only `/field` is answered from what was kept.
// It also says that there is an order, on whichever page it was registered for: a push carries no
// word, and so does the notice.
// The build puts in the list of files and a name that changes with it.
const SHELL = __SHELL__
const NAME = 'field-__VERSION__'
const PAGE = '/field'
const PATIENCE_MS = 4000
/** The page that this worker serves: `/field`, or a branch's `/dispatch`. */
const HOME = new URL(self.registration.scope).pathname
const NOTICE = /^zh/i.test(self.navigator.language)
  ? { title: '有新的指令', body: '请打开查看。' }
  : { title: 'There is a new order', body: 'Open to see it.' }

self.addEventListener('install', (event) => {
  event.waitUntil((HOME === PAGE ? keep() : Promise.resolve()).then(() => self.skipWaiting()))
})

self.addEventListener('activate', (event) => {
  event.waitUntil((HOME === PAGE ? clear() : Promise.resolve()).then(() => self.clients.claim()))
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (HOME !== PAGE || request.method !== 'GET' || origin !== self.location.origin) return
  if (request.mode === 'navigate' && pathname === PAGE) event.respondWith(page(request))
  else if (pathname.startsWith('/assets/')) event.respondWith(asset(request))
})

// Several become one, and each is heard.
self.addEventListener('push', (event) => {
  const { title, body } = NOTICE
  event.waitUntil(
    self.registration.showNotification(title, { body, tag: 'order', renotify: true, icon: '/favicon.svg' }),
  )
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(open())
})

/** Comes back to the page where it is open, else opens it. */
async function open() {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const page = pages.find(({ url }) => new URL(url).pathname === HOME)
  return page ? page.focus() : self.clients.openWindow(HOME)
}

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
