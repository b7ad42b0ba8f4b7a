SwaggerUIBundle({
  dom_id: '#page',
  url: '/openapi.yaml',
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true
});
