import { defineConfig } from "vite";

/** `npm run dev` sends calls of the API to a service started by `junheng serve`. */
export default defineConfig({
  build: { target: "es2022", chunkSizeWarningLimit: 1500, assetsInlineLimit: 0 },
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
});
