package choreography.gateway;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

import choreography.contract.Json;
import choreography.http.Problem;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import org.apache.camel.Exchange;
import org.apache.camel.Message;

/**
 * The documents that callers of the API read, each with the path that shows it: the AsyncAPI document, the OpenAPI
 * document as YAML and as JSON, every schema file that they are made of, and the files of the page to try it. There
 * are no others, whatever path is asked for.
 */
public class ApiDocs {

    private record Document(String contentType, byte[] content) { }

    private static final YAMLMapper YAML = YAMLMapper.builder()
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .enable(YAMLGenerator.Feature.LITERAL_BLOCK_STYLE)
            .build();
    private static final Map<String, String> CONTENT_TYPES = Map.of(
            "yaml", "application/yaml",
            "json", "application/schema+json",
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8");

    private final Map<String, Document> documents = new HashMap<>();

    /** Reads all documents from the classpath. */
    public ApiDocs() throws IOException {
        addWithReferences("openapi.yaml");
        addWithReferences("asyncapi.yaml");
        ObjectNode openApi = OpenApi.document();
        documents.put("/openapi.yaml", new Document(CONTENT_TYPES.get("yaml"), YAML.writeValueAsBytes(openApi)));
        documents.put("/openapi.json", new Document("application/json", Json.mapper().writeValueAsBytes(openApi)));
        add("/docs", "docs/index.html");
        add("/docs/page.js", "docs/page.js");
        Properties swaggerUi = new Properties();
        try (InputStream properties = open("META-INF/maven/org.webjars/swagger-ui/pom.properties")) {
            swaggerUi.load(properties);
        }
        for (String file : new String[] {"swagger-ui.css", "swagger-ui-bundle.js"}) {
            add("/docs/" + file, "META-INF/resources/webjars/swagger-ui/" + swaggerUi.getProperty("version") + "/"
                    + file);
        }
    }

    /** Answers with the document that the request's path names, or that there is none. */
    public void answer(Exchange exchange) {
        Message message = exchange.getMessage();
        Document document = documents.get(message.getHeader(Exchange.HTTP_PATH, "", String.class)
                .replaceFirst("/$", ""));
        if (document == null) {
            Problem.notFound().answer(exchange);
            return;
        }
        message.removeHeaders("*");
        message.setHeader(Exchange.CONTENT_TYPE, document.contentType());
        message.setBody(document.content());
    }

    /** References of schema files are relative, so that they hold from path to path as from file to file. */
    private void addWithReferences(String file) throws IOException {
        if (documents.containsKey("/" + file)) {
            return;
        }
        add("/" + file, file);
        for (JsonNode reference : YAML.readTree(read(file)).findValues("$ref")) {
            String other = reference.asText().replaceFirst("#.*", "");
            if (!other.isEmpty()) {
                addWithReferences(URI.create(file).resolve(other).toString());
            }
        }
    }

    private void add(String path, String file) throws IOException {
        documents.put(path, new Document(CONTENT_TYPES.get(file.substring(file.lastIndexOf('.') + 1)), read(file)));
    }

    private static byte[] read(String file) throws IOException {
        try (InputStream content = open(file)) {
            return content.readAllBytes();
        }
    }

    private static InputStream open(String file) throws IOException {
        InputStream content = ApiDocs.class.getClassLoader().getResourceAsStream(file);
        if (content == null) {
            throw new FileNotFoundException("There is no " + file + " on the classpath");
        }
        return content;
    }
}
