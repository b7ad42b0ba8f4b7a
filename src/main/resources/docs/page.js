// Schemas name each other by their $id, which is a name and not a place: they are read from this server.
const ids = 'https://order-choreography.example/schemas/';

SwaggerUIBundle({
  dom_id: '#page',
  url: '/openapi.yaml',
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  requestInterceptor: request => {
    if (request.url.startsWith(ids)) {
      request.url = new URL('/schemas/' + request.url.substring(ids.length), location.href).href;
    }
    return request;
  }
});
