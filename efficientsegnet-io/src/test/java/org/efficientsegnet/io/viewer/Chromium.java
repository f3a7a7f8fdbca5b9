// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.viewer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/**
 * A Chromium without a window, by its DevTools protocol: real mouse, keys and touches, what it complains about and what
 * it asks the network for. Close it to end the browser.
 */
final class Chromium implements AutoCloseable {

    /** Long enough for a browser that draws without a graphics card beside other work; only a hang reaches it. */
    private static final int SECONDS = 180;

    private static final List<String> NAMES =
            List.of("chromium", "chromium-browser", "chromium-headless-shell", "google-chrome", "chrome");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Process process;
    private final Map<Integer, CompletableFuture<JsonNode>> calls = new ConcurrentHashMap<>();
    private final AtomicInteger lastCall = new AtomicInteger();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final WebSocket socket;

    private Chromium(Process process, URI page) {
        this.process = process;
        socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(page, new Listener())
                .join();
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
            call(domain + ".enable", Map.of());
        }
    }

    /** The browser of this machine. */
    static Optional<Path> find() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Starts one.
     *
     * @param profile an empty folder for what it writes
     */
    static Chromium start(Path executable, Path profile) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        executable.toString(),
                        "--headless=new",
                        "--no-sandbox",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--use-angle=swiftshader",
                        "--enable-unsafe-swiftshader",
                        "--hide-scrollbars",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectErrorStream(true)
                .redirectOutput(profile.resolve("browser.log").toFile())
                .start();
        try {
            return new Chromium(process, page(process, profile));
        } catch (IOException | InterruptedException | RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    private static URI page(Process process, Path profile) throws IOException, InterruptedException {
        Path file = profile.resolve("DevToolsActivePort");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        HttpClient http = HttpClient.newHttpClient();
        while (System.nanoTime() < end && process.isAlive()) {
            if (Files.exists(file) && Files.size(file) > 0) {
                String port = Files.readAllLines(file).get(0);
                HttpRequest list = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/list"))
                        .build();
                String pages =
                        http.send(list, HttpResponse.BodyHandlers.ofString()).body();
                for (JsonNode target : JSON.readTree(pages)) {
                    if (target.path("type").asText().equals("page")) {
                        return URI.create(target.path("webSocketDebuggerUrl").asText());
                    }
                }
            }
            Thread.sleep(50);
        }
        throw new IOException("the browser did not start: " + Files.readString(profile.resolve("browser.log")));
    }

    /** Errors and warnings of scripts, and of the browser about the page. */
    List<String> complaints() {
        return List.copyOf(complaints);
    }

    /** The addresses that the page asked for. */
    List<String> requests() {
        return List.copyOf(requests);
    }

    /** The size of the window; small ones are phones with touch. */
    void resize(int width, int height, boolean phone) {
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", phone));
        call("Emulation.setTouchEmulationEnabled", Map.of("enabled", phone));
    }

    void open(Path page) {
        call("Page.navigate", Map.of("url", page.toUri().toString()));
    }

    /** The value of an expression. */
    JsonNode evaluate(String expression) {
        JsonNode result =
                call("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
        if (result.has("exceptionDetails")) {
            throw new IllegalStateException(result.get("exceptionDetails").toString());
        }
        return result.at("/result/value");
    }

    /** Waits until an expression is true. */
    void await(String expression) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (!evaluate("Boolean(" + expression + ")").asBoolean()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException(expression + " did not become true; " + complaints);
            }
            Thread.sleep(30);
        }
    }

    /** Clicks in the middle of an element, which is scrolled to. */
    void click(String selector) {
        double[] box = box(selector);
        mouse(box[0] + box[2] / 2, box[1] + box[3] / 2);
    }

    private void mouse(double x, double y) {
        for (String type : List.of("mousePressed", "mouseReleased")) {
            call("Input.dispatchMouseEvent", Map.of("type", type, "x", x, "y", y, "button", "left", "clickCount", 1));
        }
    }

    /** Touches the page. */
    void touch(double x, double y) {
        call("Input.dispatchTouchEvent", Map.of("type", "touchStart", "touchPoints", List.of(Map.of("x", x, "y", y))));
        call("Input.dispatchTouchEvent", Map.of("type", "touchEnd", "touchPoints", List.of()));
    }

    /** Turns the wheel over a point, towards the user. */
    void wheel(double x, double y) {
        call("Input.dispatchMouseEvent", Map.of("type", "mouseWheel", "x", x, "y", y, "deltaX", 0, "deltaY", 100));
    }

    void drag(double fromX, double fromY, double toX, double toY) {
        Map<String, Object> left = Map.of("button", "left", "buttons", 1, "clickCount", 1);
        pointer("mousePressed", fromX, fromY, left);
        pointer("mouseMoved", (fromX + toX) / 2, (fromY + toY) / 2, left);
        pointer("mouseMoved", toX, toY, left);
        pointer("mouseReleased", toX, toY, left);
    }

    private void pointer(String type, double x, double y, Map<String, Object> button) {
        ObjectNode parameters = JSON.valueToTree(button);
        call(
                "Input.dispatchMouseEvent",
                parameters.put("type", type).put("x", x).put("y", y));
    }

    /** Presses a key, by the name that scripts know it by. */
    void press(String key) {
        for (String type : List.of("keyDown", "keyUp")) {
            call("Input.dispatchKeyEvent", Map.of("type", type, "key", key, "code", key));
        }
    }

    /** Where an element is seen, after scrolling to it: left, top, width, height. */
    double[] box(String selector) {
        JsonNode box = evaluate("(() => { const e = document.querySelector('" + selector
                + "'); e.scrollIntoView({block: 'nearest', behavior: 'instant'});"
                + " const r = e.getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; })()");
        double[] numbers = new double[4];
        for (int i = 0; i < 4; i++) {
            numbers[i] = box.get(i).asDouble();
        }
        return numbers;
    }

    /** What is seen. */
    BufferedImage screenshot() throws IOException {
        // Two frames later, everything that was asked for is drawn.
        evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))");
        byte[] png = Base64.getDecoder()
                .decode(call("Page.captureScreenshot", Map.of("format", "png"))
                        .path("data")
                        .asText());
        return ImageIO.read(new ByteArrayInputStream(png));
    }

    private JsonNode call(String method, Object parameters) {
        int id = lastCall.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        calls.put(id, answer);
        ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
        message.set("params", JSON.valueToTree(parameters));
        socket.sendText(message.toString(), true).join();
        return answer.orTimeout(SECONDS, TimeUnit.SECONDS).join();
    }

    private void receive(JsonNode message) {
        if (message.has("id")) {
            CompletableFuture<JsonNode> answer = calls.remove(message.get("id").asInt());
            if (message.has("error")) {
                answer.completeExceptionally(
                        new IllegalStateException(message.get("error").toString()));
            } else {
                answer.complete(message.get("result"));
            }
            return;
        }
        JsonNode parameters = message.path("params");
        switch (message.path("method").asText()) {
            case "Runtime.exceptionThrown" -> complaints.add(parameters.toString());
            case "Runtime.consoleAPICalled" -> {
                if (List.of("error", "warning", "assert")
                        .contains(parameters.path("type").asText())) {
                    complaints.add(parameters.path("args").toString());
                }
            }
            case "Log.entryAdded" -> {
                if (List.of("error", "warning")
                        .contains(parameters.at("/entry/level").asText())) {
                    complaints.add(parameters.at("/entry/text").asText());
                }
            }
            case "Network.requestWillBeSent" ->
                requests.add(parameters.at("/request/url").asText());
            default -> {
                // Of no interest here.
            }
        }
    }

    private final class Listener implements WebSocket.Listener {

        private final StringBuilder parts = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            parts.append(data);
            if (last) {
                try {
                    receive(JSON.readTree(parts.toString()));
                } catch (IOException e) {
                    complaints.add(e.toString());
                }
                parts.setLength(0);
            }
            from.request(1);
            return null;
        }
    }

    @Override
    public void close() {
        socket.abort();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().onExit().join();
    }
}
