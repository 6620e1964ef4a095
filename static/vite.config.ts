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

const PURE = ['src/{lib,api,realtime}/**/*.test.ts']

export default defineConfig({
  plugins: [vue(), foliumAssets()],
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
