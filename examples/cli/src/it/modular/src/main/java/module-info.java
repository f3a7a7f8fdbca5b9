module com.example.organs {
    requires org.efficientsegnet.io;
    requires org.efficientsegnet.nn;
}
