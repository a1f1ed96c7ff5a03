import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;

/** A Tomcat whose servlets say which of them has run. Arguments: a port of 127.0.0.1, a folder of its own. */
class Backend {
    public static void main(String[] arguments) throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(arguments[1]);
        tomcat.setHostname("127.0.0.1");
        tomcat.setPort(Integer.parseInt(arguments[0]));
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        Context context = tomcat.addContext("", arguments[1]);
        add(context, "internal", "/internal/*");
        add(context, "public", "/internal/public/*");
        add(context, "metrics", "/metrics");
        add(context, "health", "/health/*");
        add(context, "root", "/");
        tomcat.start();
        tomcat.getServer().await();
    }

    private static void add(Context context, String name, String mapping) {
        Tomcat.addServlet(context, name, new HttpServlet() {
            @Override
            protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
                response.getWriter().print("handler:" + name);
            }
        });
        context.addServletMappingDecoded(mapping, name);
    }
}
