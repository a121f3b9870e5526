import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Store.CloseableResource;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** A {@code wrapup local} for all tests that take it as a parameter, which begins anew for each of them. */
public class Wrapup implements BeforeEachCallback, ParameterResolver {

    /** The process: started once, ended after the last test. */
    public static class Server implements CloseableResource {
        private final HttpClient client = HttpClient.newHttpClient();
        private final Process process;
        private final String ready;

        Server() throws IOException, InterruptedException {
            Path file = Files.createTempDirectory("wrapup").resolve("ready.json");
            String program = System.getenv().getOrDefault("WRAPUP", "wrapup");
            process = new ProcessBuilder(program, "local", "--port", "0", "--dynamodb-port", "0", "--for-tests",
                    "--ready-file", file.toString())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            Instant patience = Instant.now().plusSeconds(60);
            while (!Files.exists(file)) {
                if (!process.isAlive() || Instant.now().isAfter(patience)) {
                    process.destroy();
                    throw new IllegalStateException("wrapup local does not start");
                }
                Thread.sleep(20);
            }
            ready = Files.readString(file);
        }

        /** What the ready file says under a name. */
        public String ready(String name) {
            return field(ready, name);
        }

        /** Calls the API as the demo user; headers are names and values in turn. */
        public HttpResponse<String> call(String method, String path, String body, String... headers)
                throws IOException, InterruptedException {
            String credentials = ready("user") + ":" + ready("password");
            String basic = Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(ready("api_url") + "/" + path))
                    .timeout(Duration.ofSeconds(30))
                    .header("Authorization", "Basic " + basic)
                    .header("Content-Type", "application/json")
                    .method(method, BodyPublishers.ofString(body));
            if (headers.length > 0) {
                request.headers(headers);
            }
            return client.send(request.build(), BodyHandlers.ofString());
        }

        /** Tells the local system something, such as to begin anew. */
        public void tell(String path, String body) throws IOException, InterruptedException {
            URI uri = URI.create(ready("base_url") + path);
            HttpRequest request = HttpRequest.newBuilder(uri).POST(BodyPublishers.ofString(body)).build();
            HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
            if (answer.statusCode() / 100 != 2) {
                throw new IllegalStateException(path + ": " + answer.body());
            }
        }

        @Override
        public void close() {
            process.destroy();
        }
    }

    /** The text of a field that JSON has once; a program with a JSON library takes that. */
    public static String field(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\": ?\"([^\"]*)\"").matcher(json);
        if (!found.find()) {
            throw new IllegalArgumentException("no " + name + " in " + json);
        }
        return found.group(1);
    }

    private static Server server(ExtensionContext context) {
        return context.getRoot().getStore(ExtensionContext.Namespace.create(Wrapup.class))
                .getOrComputeIfAbsent("server", key -> start(), Server.class);
    }

    private static Server start() {
        try {
            return new Server();
        } catch (IOException | InterruptedException error) {
            throw new IllegalStateException(error);
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
        server(context).tell("/local/reset", "");
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Server.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return server(context);
    }
}
