// The frameworks that REST APIs are written with, each with the same handlers. JavaScript, because not all have types.
import Router from '@koa/router';
import makeExpress4 from 'express4';
import makeExpress5 from 'express5';
import makeFastify from 'fastify';
import Koa from 'koa';

const handlers = { '/internal/public': 'public', '/internal': 'internal', '/metrics': 'metrics', '/health': 'health' };

const expressApp = (app) => {
  const answer = (name) => (_, response) => response.send(`handler:${name}`);
  app.use('/internal/public', answer('public'));
  app.use('/internal', answer('internal'));
  app.get('/metrics', answer('metrics'));
  app.use('/health', answer('health'));
  app.use(answer('root'));
  return app;
};

export const express4 = () => expressApp(makeExpress4());

export const express5 = () => expressApp(makeExpress5());

export const koa = () => {
  const router = new Router();
  const answer = (name) => (context) => {
    context.body = `handler:${name}`;
  };
  for (const [path, name] of Object.entries(handlers)) router.all([path, `${path}/*rest`], answer(name));
  return new Koa().use(router.routes()).use(answer('root')).callback();
};

export const fastify = async (routerOptions) => {
  const app = makeFastify({ routerOptions });
  for (const [path, name] of Object.entries(handlers)) {
    const answer = () => `handler:${name}`;
    app.all(path, answer);
    app.all(`${path}/*`, answer);
  }
  app.setNotFoundHandler(() => 'handler:root');
  await app.ready();
  return (request, response) => app.routing(request, response);
};
