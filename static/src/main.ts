import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { whenProofIsNeeded, whenSignedOut } from '@/api/client'
import { applyLanguage, i18n } from '@/i18n'
import { usePresence } from '@/stores/presence'
import { useSession } from '@/stores/session'
import { usePreferences } from '@/stores/preferences'
import App from './App.vue'
import { router } from './router'
import './theme/tokens.css'
import './theme/base.css'

const app = createApp(App)
app.use(createPinia())
app.use(i18n)
app.use(router)

applyLanguage()
usePreferences()
whenSignedOut(() => useSession().expire())
whenProofIsNeeded(() => usePresence().ask())

app.mount('#app')
