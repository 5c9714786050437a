# Two services, one image: docker-compose.yml starts it once as the bot and once as the worker.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:20-bookworm-slim AS run
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# Volumes take owner and mode from these folders when they are first mounted.
RUN mkdir -p /state/public /state/workers /state/private && chown -R node:node /state && chmod 700 /state/private
USER node
EXPOSE 3000 3001
CMD ["node", "dist/src/bot.js"]
