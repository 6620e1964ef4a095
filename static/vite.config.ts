import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath, URL } from 'node:url'
import vue from '@vitejs/plugin-vue'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const server = process.env['CC_API'] ?? 'http://127.0.0.1:8300'

/** The server writes these into its folium pages, which open without any network. */
const FOLIUM = ['leaflet.js', 'leaflet.css', 'images/layers.png', 'images/layers-2x.png']

function foliumAssets(): Plugin {
  return {
    name: 'folium-assets',
    apply: 'build',
    generateBundle() {
      for (const file of FOLIUM) {
        const source = readFileSync(new URL(`./node_modules/leaflet/dist/${file}`, import.meta.url))
        this.emitFile({ type: 'asset', fileName: `vendor/leaflet/${file}`, source })
      }
    },
  }
}

/** The worker that opens the field page without network, told which files this page is made of. */
function fieldWorker(): Plugin {
  return {
    name: 'field-worker',
    apply: 'build',
    generateBundle(_options, bundle) {
      const files = new Set<string>()
      const take = (name: string): void => {
        const chunk = bundle[name]
        if (files.has(name) || chunk?.type !== 'chunk') return
        files.add(name)
        chunk.viteMetadata?.importedCss.forEach((css) => files.add(css))
        chunk.imports.forEach(take)
      }
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue
        if (chunk.isEntry || chunk.facadeModuleId?.includes('/features/field/')) take(chunk.fileName)
      }
      const shell = JSON.stringify([...files].sort().map((name) => `/${name}`))
      const source = readFileSync(new URL('./field-worker.js', import.meta.url), 'utf8')
        .replace('__SHELL__', shell)
        .replace('__VERSION__', createHash('sha256').update(shell).digest('hex').slice(0, 12))
      this.emitFile({ type: 'asset', fileName: 'field-worker.js', source })
    },
  }
}

const PURE = ['src/{lib,api,realtime}/**/*.test.ts']

export default defineConfig({
  plugins: [vue(), foliumAssets(), fieldWorker()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: {
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  server: {
    proxy: {
      // The server refuses what another host's page sends; these keep the browser's own host.
      '/api': { target: server, changeOrigin: false },
      '/healthz': { target: server, changeOrigin: false },
      '/socket.io': { target: server, ws: true },
    },
  },
  build: {
    target: 'es2022',
    // The map engine and the charts are big on purpose and load only on the desks that use them.
    chunkSizeWarningLimit: 1200,
    assetsInlineLimit: 0,
  },
  test: {
    restoreMocks: true,
    css: { include: [/tokens\.css/] },
    projects: [
      // What is pure is tested without a window: an import of the page would fail here.
      { extends: true, test: { name: 'pure', environment: 'node', include: PURE } },
      {
        extends: true,
        test: { name: 'page', environment: 'happy-dom', include: ['src/**/*.test.ts'], exclude: PURE },
      },
    ],
  },
})
