package javax.annotation;

/** What generated classes are marked with; the JDK had it until version 8. */
public @interface Generated {
    String[] value();
    String comments() default "";
}
