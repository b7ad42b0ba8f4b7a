package choreography.notification;

import choreography.http.Documents;
import org.apache.camel.builder.RouteBuilder;

/** What the notification service answers over HTTP. What it does with messages: camel/notification.camel.yaml */
public class NotificationRoutes extends RouteBuilder {

    @Override
    public void configure() {
        from("platform-http:/mails?httpMethodRestrict=GET")
            .routeId("notification-list-sent")
            .description("Tells of which orders the mail was sent")
            .routeConfigurationId("http-edge")
            .process(Documents::readListedIds)
            .to("sql:classpath:sql/notification/read-sent-mails.sql"
                    + "?dataSource=#notificationDatabase&outputType=SelectOne")
            .process(Documents::answerFound);
    }
}
