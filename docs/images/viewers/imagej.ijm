// Segments the stack that was given as argument and arranges what is shown.
open(getArgument());
setMinAndMax(-160, 240);
setSlice(92);
setLocation(15, 100, 410, 400);
run("Segment Organs...", "orientation=LPS kidneys");
setSlice(92);
setLocation(440, 100, 410, 400);
Table.setLocationAndSize(15, 510, 835, 190, "Organs");
selectWindow("Log");
run("Close");
