import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { translate } from '@/i18n'
import { useSession } from '@/stores/session'

declare module 'vue-router' {
  interface RouteMeta {
    /** Open to anyone, without an account. */
    public?: boolean
    /** Any one of these permissions opens the desk. */
    needs?: string[]
    /** Message key of the page's title. */
    title?: string
    /** `desk`: shell with top bar; `plain`: the page brings its own frame. */
    frame?: 'desk' | 'portal' | 'plain'
  }
}

const desk = (
  path: string,
  name: string,
  needs: string[],
  page: RouteRecordRaw['component'],
): RouteRecordRaw =>
  ({
    path,
    name,
    component: page,
    meta: { needs, title: `shell.desks.${name}`, frame: 'desk' },
  }) as RouteRecordRaw

const open = (path: string, name: string, page: RouteRecordRaw['component']): RouteRecordRaw =>
  ({
    path,
    name,
    component: page,
    meta: { public: true, title: `shell.pages.${name}`, frame: 'portal' },
  }) as RouteRecordRaw

export const routes: RouteRecordRaw[] = [
  open('/', 'home', () => import('@/features/portal/PortalHome.vue')),
  open('/report', 'report', () => import('@/features/portal/ReportPage.vue')),
  open('/query', 'query', () => import('@/features/portal/QueryPage.vue')),
  {
    path: '/login',
    name: 'login',
    component: () => import('@/features/login/LoginPage.vue'),
    meta: { public: true, title: 'shell.pages.login', frame: 'plain' },
  },
  desk('/desk', 'desk', ['case.create'], () => import('@/features/intake/IntakeDesk.vue')),
  desk(
    '/dispatch',
    'dispatch',
    ['order.read', 'order.create', 'order.approve'],
    () => import('@/features/dispatch/DispatchDesk.vue'),
  ),
  desk('/cases/:id(\\d+)?', 'cases', ['case.read'], () => import('@/features/cases/CasePage.vue')),
  desk('/cockpit', 'cockpit', ['stats.read'], () => import('@/features/cockpit/CockpitPage.vue')),
  desk('/audit', 'audit', ['audit.read'], () => import('@/features/audit/AuditDesk.vue')),
  desk(
    '/persons',
    'persons',
    ['identity.search', 'person.export'],
    () => import('@/features/persons/PersonsDesk.vue'),
  ),
  desk(
    '/archive',
    'archive',
    ['archive.read', 'archive.approve'],
    () => import('@/features/archive/ArchiveDesk.vue'),
  ),
  desk(
    '/supervision',
    'supervision',
    ['supervision.read'],
    () => import('@/features/supervision/SupervisionDesk.vue'),
  ),
  desk('/duty', 'duty', ['duty.read'], () => import('@/features/duty/DutyPage.vue')),
  // Who administers the system has them on the administration's own page.
  desk('/policies', 'policies', ['policy.sign'], () => import('@/features/policy/PolicyPage.vue')),
  desk('/admin', 'admin', ['admin.users'], () => import('@/features/admin/AdminPage.vue')),
  desk('/account', 'account', [], () => import('@/features/account/AccountPage.vue')),
  desk('/help', 'help', [], () => import('@/features/help/HelpPage.vue')),
  {
    path: '/field',
    name: 'field',
    component: () => import('@/features/field/FieldPage.vue'),
    meta: { needs: ['field.act'], title: 'shell.desks.field', frame: 'plain' },
  },
  {
    path: '/finish',
    name: 'finish',
    component: () => import('@/features/account/FinishPage.vue'),
    meta: { title: 'shell.pages.finish', frame: 'plain' },
  },
  {
    path: '/:rest(.*)*',
    name: 'missing',
    component: () => import('@/features/help/NotFoundPage.vue'),
    meta: { public: true, title: 'shell.pages.missing', frame: 'portal' },
  },
]

export const router = createRouter({
  history: createWebHistory(),
  routes,
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

/** Whether someone with these permissions may open the page. */
export function opens(needs: readonly string[] | undefined, may: (permission: string) => boolean): boolean {
  return !needs?.length || needs.some(may)
}

/** Gives the first desk that these permissions open, in the order of the day's work. */
export function firstDesk(roles: readonly string[], may: (permission: string) => boolean): string {
  if (roles.includes('OFFICER')) return '/field'
  if (may('order.create') || may('order.approve')) return '/dispatch'
  if (may('case.create')) return '/desk'
  if (may('stats.read')) return '/cockpit'
  if (may('case.read')) return '/cases'
  if (may('audit.read')) return '/audit'
  if (may('archive.read')) return '/archive'
  return may('admin.users') ? '/admin' : '/help'
}

router.beforeEach(async (to) => {
  if (to.meta.public) return true
  const session = useSession()
  if (!session.known || session.recalled) {
    try {
      await session.load()
    } catch {
      // The server is away. The page itself says so and tries again; work typed before is kept.
      if (to.name === 'field') await session.recall()
      return true
    }
  }
  if (!session.signedIn) return { name: 'login', query: { next: to.fullPath } }
  const unfinished = Boolean(session.me?.must.length)
  if (unfinished && to.name !== 'finish') return { name: 'finish', query: { next: to.fullPath } }
  if (!unfinished && to.name === 'finish') return firstDesk(session.me?.roles ?? [], session.may)
  if (opens(to.meta.needs, session.may)) return true
  return { name: 'help', query: { denied: String(to.name) } }
})

router.afterEach((to) => {
  const product = translate('shell.product')
  document.title = to.meta.title ? `${translate(to.meta.title)} · ${product}` : product
})
