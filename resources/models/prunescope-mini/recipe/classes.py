"""The named things a picture can contain, and how to find their cut-outs in the source packages.

Each row is `name; category; stamps; clipart; emoji`. `stamps` matches the English captions of Tux Paint stamps,
`clipart` the file names of Open Clip Art (several languages), both as whole words unless a `*` ends the word;
`emoji` lists short names of the emoji sets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TABLE = """
cat; animal; cat,kitten; cat,gatto,gattina,kitten; cat,cat2
dog; animal; dog,dingo; dog; dog,dog2,poodle
horse; animal; horse; horse,cavallo; horse,racehorse
cow; animal; cow; mucca,cattle,bull; cow,cow2
pig; animal; pig; pig,porcinet; pig,pig2
sheep; animal; sheep,ram; sheep,pecora,pecorella; sheep,ram
rabbit; animal; rabbit,bunny; bunny,coniglio,rabbit; rabbit,rabbit2
mouse; animal; mouse,rat; topo; mouse,mouse2,rat
bear; animal; bear; bear,orso,ours; bear
lion; animal; lion; leone; lion_face
tiger; animal; tiger; tiger,tigre*; tiger,tiger2
elephant; animal; elephant; elephant,elefante*; elephant
monkey; animal; chimpanzee,gorilla; monkey,baboon,orangutan; monkey,monkey_face
camel; animal; camel,dromedary; camel,cammello; camel,dromedary_camel
deer; animal; deer,doe,caribou,wapiti; deer,fawn,bambi; deer
frog; animal; frog; frog,rana*; frog
turtle; animal; turtle,tortoise; turtle,tartaruga; turtle
snake; animal; snake; snake,serpente; snake
chicken; animal; chicken,hen,rooster; hen,rooster,pollo,gallo; chicken,rooster
chick; animal; chick; pulcino; hatching_chick,hatched_chick,baby_chick
duck; animal; duck,drake; duck,papera,anatra; duck
penguin; animal; penguin; penguin,pinguino*; penguin
owl; animal; owl; owl,gufo; owl
eagle; animal; eagle,vulture; eagle,aquila,acquila; eagle
dove; animal; pigeon; colombo*,dove; dove
fish; animal; clownfish,butterflyfish,groper,trout,wrasse,stripey; fish,pesce*,loach,angelfish,cichlid; fish,tropical_fish
dolphin; animal; dolphin; dolphin,delfino; dolphin
whale; animal; whale,orca; whale,bluewhale*,humpback,orca; whale,whale2
crab; animal; crab,lobster; crab,crawfish,granchio; crab,shrimp
octopus; animal; octopus; octopus,polpo; octopus,squid
butterfly; animal; butterfly; butterfly,farfalla; butterfly
bee; animal; bee,hornet; bee*,abeille,wasp; bee
ladybug; animal; ladybug; ladybug,coccinella,coccinelle,coccinellona; beetle
spider; animal; spider; spider,ragno,ragnetto; spider
snail; animal; snail; snail,lumaca; snail
apple; food; apple; apple; apple,green_apple
banana; food; banana; banana,bananas; banana
orange; food; orange,mandarin; orange; tangerine
lemon; food; lemon; lemon,lemon1; lemon
pear; food; pear; pear,pera; pear
cherries; food; cherries; cherries,cherry; cherries
strawberry; food; strawberry; strawberry; strawberry
grapes; food; grapes; grape,grapes; grapes
pineapple; food; pineapple; pineapple; pineapple
watermelon; food; watermelon; watermelon,pasteque; watermelon
tomato; food; tomato; tomato,pomodori; tomato
carrot; food; carrot; carrot,carota; carrot
corn; food; corn; corn; corn
eggplant; food; eggplant; eggplant,melanzana; eggplant
pepper; food; pepper; pepper,paprika,cayenne,habanero,cayennepepper*; hot_pepper
mushroom; food; mushroom,toadstool,cep; mushroom,champignon; mushroom
bread; food; bread; bread; bread,french_bread
cheese; food; cheese; cheese; cheese
pizza; food; pizza; pizza; pizza
burger; food; burger; burger,hamburger; hamburger
hot dog; food; hot dog; hot_dog; hotdog
ice cream; food; ice cream; cone,glace; icecream,ice_cream
cake; food; cake,cupcake; cake,cake1,gateau,muffin,muffin1,muffin2; cake,birthday
egg; food; egg; egg,fried_egg; egg,cooking
candy; food; candy; candy,lollipop; candy,lollipop
cup; household; mug,cup; mug,cup,tazza,coffee,cuppa; coffee
teapot; household; teapot,kettle; teapot,teiera; teapot
bottle; household; bottle,pitcher; bottle,bottled*,bottiglia; champagne,baby_bottle,sake
beer; food; beer; beer,beer1; beer,beers
wine glass; household; glass; wine,martini,cocktail; wine_glass,cocktail
fork; household; fork; fork,forchetta; fork_and_knife
knife; household; knife; knife,coltello; knife
key; household; key; key,chiave; key,key2
lock; household; padlock; lock,padlock,lucchetto; lock,unlock,lock_with_ink_pen
scissors; household; scissors; scissors; scissors
hammer; household; hammer,mallet; hammer,hammer1; hammer
wrench; household; wrench; wrench,chiave_inglese; wrench
umbrella; household; umbrella; umbrella,ombrello; umbrella,umbrella2,closed_umbrella
clock; household; clock,stopwatch; clock,orologio; alarm_clock,clock3,timer
light bulb; household; lightbulb,bulb; lightbulb*,bulb; bulb
candle; household; candle; candle,candela; candle
telephone; household; telephone; telephone,phone,telefono; telephone,telephone_receiver
mobile phone; household; mobile; handphone*,cellular,cell,mobile; iphone,calling
computer; household; laptop,monitor; lcd_monitor,laptop,computer; computer,desktop
television; household; television; television,televisore; tv
camera; household; camera; camera; camera,camera_with_flash
book; household; book; book,bible,books; book,blue_book,green_book,orange_book
pencil; household; pencil,pen; pencil,pen,crayon; pencil2,crayon,pen_ballpoint
gift; household; gift,present; gift01,gift02,gift03,gift04,gift05,pacco_regalo; gift
balloon; toy; balloon; balloon,baloon1,baloon2; balloon
teddy bear; toy; teddy,edward; teddy,teddybear; teddy_bear
soccer ball; toy; soccer; soccer; soccer
basketball; toy; basketball; basketball; basketball
tennis racket; toy; racket; racket; tennis,badminton
guitar; music; guitar; guitar,chitarra; guitar
trumpet; music; trumpet; trumpet,tromba; trumpet
drum; music; drum; drum,drums,africandrum; drum
violin; music; violin,cello; violin,cello; violin
piano; music; piano; piano; musical_keyboard
car; vehicle; car,sedan,beetle; car,redcar,sportcar,macchina; red_car,blue_car,race_car,oncoming_automobile
bus; vehicle; bus; bus,bus1,bus2; bus,oncoming_bus,trolleybus
truck; vehicle; truck; truck,camion; truck,articulated_lorry
fire truck; vehicle; fire truck; fire_engine; fire_engine
bicycle; vehicle; bicycle; bicycle,bicicletta,bike; bike
motorcycle; vehicle; motor bike; motorcycle,moto; motorcycle
train; vehicle; locomotive; train,kiddy_train; steam_locomotive,train2,bullettrain_front,light_rail
airplane; vehicle; airplane; airplane,aircraft,plane; airplane,airplane_small
helicopter; vehicle; helicopter; helicopter,elicottero; helicopter
sailboat; vehicle; sail boat,sailing ship,sailboat; sailboat,boat; sailboat
ship; vehicle; tugboat; ship,nave; ship,cruise_ship,ferry
rocket; vehicle; rocket; rocket,shuttle; rocket
tractor; vehicle; tractor; tractor,trattore; tractor
house; building; house,cottage,home; house,home0,home1,home2,home3,home4,home5,home6,home7,pinkhome,casa; house,house_with_garden
castle; building; castle,fort,fortress; castle,castello,chateau; european_castle,japanese_castle
lighthouse; building; lighthouse; lighthouse,faro; lighthouse
tent; building; tent,tepee; tent,tenda; tent,circus_tent
tree; plant; tree,palm; tree,albero,arbre,evergreen,palmtree,sapin; deciduous_tree,evergreen_tree,palm_tree,christmas_tree
flower; plant; flower,daffodil,hibiscus,iris; flower,daffodil,daisy,fiore,flower1,flower2; sunflower,hibiscus,blossom,cherry_blossom
rose; plant; rose; rose,rosa*; rose
cactus; plant; cactus; cactus,cacuts; cactus
leaf; plant; leaves,clover,shamrock; leaf,foglie,shamrock; fallen_leaf,four_leaf_clover,maple_leaf
sun; sky; sun; sun,sunshine; sunny,sun_with_face
moon; sky; moon; moon; crescent_moon,full_moon,full_moon_with_face,first_quarter_moon
star; sky; star; star,stella; star,star2
snowman; toy; snowman; snowman; snowman,snowman2
heart; shape; heart; heart; heart,blue_heart,green_heart,yellow_heart
skull; shape; skull; skull,teschio; skull
ghost; shape; ghost; ghost; ghost
crown; clothing; crown; crown,couronne; crown
hat; clothing; hat,fedora,sombrero; hat; tophat,womans_hat
shoe; clothing; shoe,boot; boot,shoe; athletic_shoe,mans_shoe,high_heel,boot
shirt; clothing; shirt; shirt,tshirt; shirt,running_shirt_with_sash
dress; clothing; dress; dress,vestito; dress
glasses; clothing; glasses,sunglasses; glasses,occhiali; eyeglasses,dark_sunglasses
trophy; toy; trophy; trophy,coppa; trophy
"""

EXCLUDE_CLIPART = re.compile(
    r"\bbw\b|_bw|b_w|amp_w|outline|contour|contorno|symbol|simbol|\bsign\b|silhou|aiga|chess|slate-apple|juice", re.I)
EXCLUDE_STAMPS = re.compile(
    r"grinder|cricket|emblem|core|vest|playing|dancing with|wheel|racing|plane?t|planetary|computer games|letter|sign\b"
    r"|hot air|drum kit|police|glass eye|horn|stain|pudding|headstone|christmas hat|bin\b", re.I)
# Files that the words above match although they show something else, or the thing only as a part.
NOT_WHAT_IT_SAYS = re.compile("|".join("""
cani_e_gatti cat_scrath scodella_gatto sleeping_cat dog_01_drawn_with_strai_1 horse_1_ horse_2_ transportation/.*horse
transportation/.*cattle hair_manga peripherals/mouse computer/mouse edward_bear sleeping_bear ours_etienne sea_lion angry_monkey_b
sailor_monkey transportation/.*bambi transportation/.*deer transportation/roadsigns dead_frogs lindworm tux_tractor bathyscape
beethov spider_sword candied_apples apple_wedge apple_mateya banana_mateya paprika_mateya bread_mateya cheese_mateya egg_mateya
cake_mateya orange_burner mandarine orange_wedge rondelle_orange lemon_slice_ganson pie_cherry household/.*camera.svg$
pizza_cheese corn_dog bunny-egg wrapped_chocolate egg_muffin egg_mateya cooking$ kubek_herbaty keyboard_key bottiglia_di_vino
cocktail_daniel wine_corks bread_and_wine cup_rollandin utensili_chiave xmas_tp_bulb garlic menorah cake_and_candle mobile.svg$
telefono_email mobile_architetto calling$ help-books Keyboardlayout green_computer scream_balloon speech_balloon thought_balloon
balloon_aerost a_boy_plays flaming_soccer soccer_kid piano_theory macchina_fotografica macchina_caffe car_ride aircraft_sign
buses_and_bikes watch_for_bic bicicletta_cycle trumpet_harmon trumpet_straight trumpet_herald war_drum computer_zazou unsorted/train
fork_and_knife$ sailboat_illustration_la soviet_shuttle perspectival house_hunter rambutan wreath tree_branches pot_01 pot_02
flower-pot chuvanna leafrake island_palm moonwrasse whitestar stethoscope arrow-heart heart-arrow ballons heart_tiles party-hat
Attaccapanni lock_with_ink latex etiquette light_rail residential_house musical_keyboard$ holly_leaves ruins hand_drum
bored_dog hand_with 4wd t_shirt.png elfhat mountain_dulc tree_whit fall_coloured_leaf balloon_icon rubber_ducks_g Computer-Key
""".split()))


# More words for pictures that only training sees: whole file names of the extra sources (numbers and single letters at
# the end left out, the name of the class and its plural always included), and emoji.
MORE_TABLE = """
cat; kitten,kitty; 🐱🐈😺
dog; puppy,pug,poodle,dog side,dog service,york,dingo; 🐶🐕🐩🦮
horse; pony,foal,horse variant,racehorse; 🐴🐎
cow; bull,calf,ox,buffalo,car cow; 🐮🐄🐂🐃
pig; piglet,pig variant; 🐷🐖🐗
sheep; ram,lamb; 🐑🐏
rabbit; bunny,baby rabbit,hare,rabbit variant; 🐰🐇
mouse; rat,rodent; 🐭🐁🐀
bear; polar bear,brown bear; 🐻
lion; lioness,lion cub,cub,loewe; 🦁
tiger; ; 🐯🐅
elephant; elefant; 🐘
monkey; chimp,chimpanzee,gorilla,macaque,gibbon,little monkey; 🐵🐒🦍🦧
camel; dromedary; 🐫🐪
deer; doe,fawn,elk,moose; 🦌🫎
frog; toad,xenopus; 🐸
turtle; tortoise; 🐢
snake; cobra,viper,python,aesculapian snake,schlange; 🐍
chicken; hen,rooster,cock; 🐔🐓
chick; baby chick; 🐥🐤🐣
duck; yellow duck,white duck,brown duck,green duck; 🦆
penguin; tux; 🐧
owl; eagle owl; 🦉
eagle; vulture,hawk; 🦅
dove; pigeon,white dove; 🕊
fish; angelfish,goldfish,butterflyfish,piranha,pike,trout,ruffe,cichlid,butfish,discus,queenangel; 🐟🐠🐡
dolphin; ; 🐬
whale; orca,killer whale; 🐳🐋
crab; lobster; 🦀🦞
octopus; squid; 🐙🦑
butterfly; lilac butterfly,lime butterfly,amber butterfly,navy butterfly,coral butterfly; 🦋
bee; wasp,bumblebee,hornet; 🐝
ladybug; ladybird,beetle; 🐞
spider; tarantula; 🕷
snail; ; 🐌
apple; apples,green apple,red apple,apple whole,food apple,one apple; 🍎🍏
banana; bananas; 🍌
orange; mandarin,tangerine,fruit citrus; 🍊
lemon; lime; 🍋
pear; fruit pear; 🍐
cherries; cherry,fruit cherries; 🍒
strawberry; strawberries; 🍓
grapes; grape,fruit grapes; 🍇
pineapple; ananas,fruit pineapple; 🍍
watermelon; wmelon,fruit watermelon; 🍉
tomato; tomatoes; 🍅
carrot; carrots; 🥕
corn; maize,sweetcorn; 🌽
eggplant; aubergine; 🍆
pepper; peppers,pepper hot,chili,bell pepper,chili hot; 🌶🫑
mushroom; mushrooms,toadstool,saffron milk cap; 🍄
bread; bread slice,whole grain bread,baguette,lavash,bun,bread loaf; 🍞🥖
cheese; ; 🧀
pizza; pizza slice; 🍕
burger; hamburger,whopper,cheeseburger; 🍔
hot dog; hotdog,food hot dog; 🌭
ice cream; icecream,sundae,glace; 🍦🍨
cake; cupcake,muffin,chocolate cake,cake layered,cake variant,cake candles; 🍰🎂🧁
egg; fried egg,egg fried,eggs,egg easter,eggpot,kinder surprise egg; 🥚🍳
candy; lollipop,sweets,candycane,candy cane; 🍬🍭
cup; mug,coffee,tea,mug hot,mug saucer,coffee cup,milk cup; ☕🍵
teapot; kettle,kettle steam; 🫖
bottle; water bottle,baby bottle,wine bottle,bottle wine,bottle soda,bottle tonic,bottle soda classic,bottle water,ketchup,oil; 🍾🍼🍶
beer; glass mug,beer mug empty,beer mug,glass mug variant; 🍺
wine glass; glass,wine,cocktail,glass wine,glass cocktail,martini glass,champagne glass,wine glass empty,sherry; 🍷🍸🍹
fork; silverware fork; 
knife; ; 🔪
key; key variant,pgp keys; 🔑🗝
lock; padlock,unlock,lock open,gnome lockscreen,system lock screen; 🔒🔓
scissors; content cut; ✂
hammer; mallet,gavel; 🔨
wrench; spanner; 🔧
umbrella; umbrellas,umbrella closed,umbrella beach; ☂🌂☔
clock; watch,alarm,alarm clock,clock time three,clock time eight,stopwatch; ⏰🕒🕘🕗⏱
light bulb; bulb,lightbulb,lightbulb on,lightbulb cfl,bulb light,bulb off,light; 💡
candle; candles,candle holder; 🕯
telephone; phone,phone classic,telephone receiver,phone flip; ☎📞
mobile phone; mobile,cellphone,cell phone,smartphone,mobile button,mobile screen,cellphone basic,mobile screen button,phone openmoko freerunner; 📱
computer; laptop,desktop,monitor,display,computer laptop; 💻🖥
television; tv,television classic,video television; 📺
camera; camera photo,camera retro,emblem camera; 📷📸
book; books,book open,open book,book open variant,book variant,address book; 📕📖📗📘📙📚
pencil; pen,crayon,pencils,paint pencil,pen fancy; ✏🖊🖍🖋
gift; present,gift open; 🎁
balloon; balloons,baloon; 🎈
teddy bear; teddy; 🧸
soccer ball; soccer,football,futbol; ⚽
basketball; basketball ball; 🏀
tennis racket; racket,raquette,tennis; 🎾🏸
guitar; electric guitar,guitar acoustic,guitar electric,ukulele,banjo; 🎸
trumpet; bugle,natural horn; 🎺
drum; drums,bass drum,snare drum,bongo,slit drum; 🥁🪘
violin; cello,gamba,fiddle; 🎻
piano; grand piano,keyboard piano; 🎹
car; taxi,convertible,car side,car sports,car hatchback,car estate,car convertible,car pickup,car limousine,red car,race car,van,minivan,car blue,sedan,car bug,lancia,benz; 🚗🚙🚕🏎🚘
bus; bus side,bus school,bus double decker,school bus; 🚌🚍🚎🚐
truck; lorry,truck flatbed,truck pickup,truck front,truck moving; 🚚🚛🛻
fire truck; fire engine,firetruck; 🚒
bicycle; bike; 🚲🚴
motorcycle; motorbike,motor bike,scooter; 🏍🛵
train; locomotive,steam locomotive,train variant,loco; 🚂🚆🚅🚄🚉🚈🚊🚋
airplane; plane,aeroplane,aircraft,airport,plane up,jet fighter,rafale,lindbergh; ✈🛩🛫
helicopter; tuxhelico,helicopter symbol; 🚁
sailboat; sail boat,yacht,sailingboat,boat; ⛵
ship; ferry,tug boat,tugboat,cruise ship,fishingboat; 🚢🛳⛴
rocket; fusee,rocket launch,st rocket,shuttle space; 🚀
tractor; tractor variant; 🚜
house; home,cottage,cabin,house chimney,home variant,user home,gnome home,hut; 🏠🏡🛖
castle; fort,fort awesome; 🏰🏯
lighthouse; lighthouse on; 
tent; campground,tepee,circus; ⛺🎪
tree; pine tree,palm tree,christmas tree,palmtree,tuxtree,chronos tuxtree,sapin,pine tree variant; 🌳🌲🌴🎄
flower; flower tulip,flower poppy,sunflower,daisy,tulip,flower outline; 🌸🌼🌻🌺🌷💐
rose; ; 🌹🥀
cactus; ; 🌵
leaf; leaf maple,clover,canadian maple leaf,maple leaf,leaves; 🍁🍂🍃☘🍀
sun; weather sunny,white balance sunny,sunny; ☀🌞
moon; moon waning crescent,moon waxing crescent,moon last quarter,weather night,crescent moon; 🌙🌛🌝🌕🌜
star; goldstar,star simple; ⭐🌟
snowman; ; ⛄☃
heart; hearts; ❤💙💚💛💜🧡🖤
skull; ; 💀☠
ghost; ; 👻
crown; chess queen; 👑
hat; wizardhat,cap,hat cowboy,hat fedora,top hat,partyhat,hat wizard,magic hat; 🎩👒🧢
shoe; shoes,boot,sneaker,shoe sneaker,shoe formal,shoe heel,shoe cleat,heel,slippers; 👞👟👠🥾👢🥿👡
shirt; tshirt,tshirt crew,tshirt v,t shirt,sweatshirt,pullover; 👕👔👚🎽
dress; ; 👗
glasses; sunglasses,sunglass; 👓🕶🥽
trophy; trophy variant,trophy award,coppa,cup trophy; 🏆
"""

# Files of these names that show something else, only a part, several things or nothing that can be recognised.
MORE_NOT = set("""
fontawesome/solid/address-book.svg fontawesome/solid/bottle-water.svg fontawesome/solid/chess-queen.svg
fontawesome/solid/football.svg fontawesome/solid/gavel.svg fontawesome/solid/helicopter-symbol.svg
fontawesome/solid/mouse.svg fontawesome/solid/stopwatch-20.svg gartoon/gartoon/apps/gnome-lockscreen.svg
gartoon/gartoon/emblems/emblem-camera.svg gcompris/analog_electricity/bulb.svg
gcompris/analog_electricity/bulb_light.svg gcompris/baby_tangram/car1/car.svg gcompris/baby_tangram/m-train/loco.svg
gcompris/baby_tangram/m-truck/cabin.svg gcompris/baby_tangram/truck/cabin.svg gcompris/babymatch/eggpot.svg
gcompris/babymatch/glass.svg gcompris/babyshapes/dog1/dog.webp gcompris/babyshapes/dog1/dog1.webp
gcompris/babyshapes/dog1/dog2.webp gcompris/babyshapes/dog1/dog3.webp gcompris/babyshapes/dog2/dog3.webp
gcompris/babyshapes/dog2/dog4.webp gcompris/babyshapes/dog2/dog6.webp gcompris/babyshapes/food/milk_cup.svg
gcompris/babyshapes/shapeBackground/T_baby_bottle.svg gcompris/babyshapes/shapeBackground/T_banana.svg
gcompris/babyshapes/shapeBackground/T_bread_slice.svg gcompris/babyshapes/shapeBackground/T_chocolate_cake.svg
gcompris/babyshapes/shapeBackground/T_milk_cup.svg gcompris/babyshapes/shapeBackground/T_orange.svg
gcompris/babyshapes/shapeBackground/T_pear.svg gcompris/binary_bulb/bulb_off.svg gcompris/canal_lock/boat1.svg
gcompris/canal_lock/boat2.svg gcompris/canal_lock/sun.svg gcompris/chronos/st_rocket.svg
gcompris/clickgame/QueenAngel.webp gcompris/clickgame/butfish.webp gcompris/clickgame/cichlid1.webp
gcompris/clickgame/cichlid4.webp gcompris/clickgame/discus2.webp gcompris/clickgame/discus3.webp
gcompris/color_mix/light-b.svg gcompris/color_mix/light-g.svg gcompris/color_mix/light-r.svg gcompris/core/star.png
gcompris/explore_farm_animals/animals/duck.webp gcompris/explore_farm_animals/animals/owl.webp
gcompris/explore_monuments/key.svg gcompris/graph-coloring/shapes/star.svg gcompris/lang/words_sample/beetle.webp
gcompris/left_right_click/mouse.svg gcompris/menu/computer.svg gcompris/number_sequence/bear1.svg
gcompris/number_sequence/bear2.svg gcompris/others/knife.webp gcompris/piano_composition/piano.svg
gcompris/redraw/orange.svg gcompris/reversecount/flower0.svg gcompris/reversecount/flower1.svg
gcompris/reversecount/flower2.svg gcompris/reversecount/flower3.svg gcompris/reversecount/flower4.svg
gcompris/reversecount/flower5.svg gcompris/submarine/boat.svg gcompris/traffic/car10.svg gcompris/traffic/car11.svg
gcompris/traffic/car12.svg gcompris/traffic/car3.svg gcompris/traffic/car4.svg gcompris/traffic/car5.svg
gcompris/traffic/car6.svg gcompris/traffic/car7.svg gcompris/traffic/car8.svg gcompris/traffic/car9.svg
gcompris/traffic/truck2.svg gcompris/traffic/truck3.svg gcompris/traffic/truck4.svg gcompris/watercycle/sun.svg
material/airport.svg material/apple.svg material/baby-bottle.svg material/bee.svg material/bike.svg
material/chili-hot.svg material/cup.svg material/football.svg material/gavel.svg material/horse-variant.svg
material/lightbulb-on-20.svg material/lightbulb-on-30.svg material/lightbulb-on-40.svg material/lightbulb-on-50.svg
material/lightbulb-on-60.svg material/lightbulb-on-80.svg material/lightbulb-on-90.svg material/moon-last-quarter.svg
material/mouse.svg material/oil.svg material/scooter.svg material/soccer.svg material/trophy-award.svg
material/violin.svg material/watch.svg openmoji/1F3BE.svg openmoji/1F689.svg openmoji/1F6B4.svg openmoji/1F97D.svg
oxygen/actions/system-lock-screen.png oxygen/devices/phone.png oxygen/places/user-home.png
pysiogame/animals/beetle.jpg pysiogame/food/bread.jpg pysiogame/sport/tennis.jpg pysiogame/transport/boat.jpg
pysiogame/transport/ship.jpg qabcs/food/oil.png qabcs/food/saffron_milk_cap.png qabcs/food/sherry.png
qabcs/instrument/natural_horn.png qabcs/instrument/slit_drum.png qabcs/misc/watch.png
qabcs/toys/kinder_surprise_egg.png scratch/Animals/cat5.gif scratch/Fantasy/skull1.png scratch/Things/partyhat1.png
scratch/Things/partyhat2.png scratch/Things/partyhat3.png scratch/Transportation/car-cow.gif
scratch/Transportation/yacht.gif symbola/1f343 symbola/1f34a symbola/1f3c0 symbola/1f454 symbola/1f688 symbola/1f6b4
tango/Tango/actions/gnome-lockscreen.svg tango/Tango/actions/lock.svg tango/Tango/actions/system-lock-screen.svg
tango/Tango/devices/mouse.svg tango/Tango/places/desktop.svg tango/Tango/places/user-home.svg twemoji/1f3b9.png
twemoji/1f3be.png twemoji/1f689.png twemoji/1f6b4.png twemoji/1f97d.png
""".split())


@dataclass(frozen=True)
class Entry:
    """One named class with its search words."""

    name: str
    category: str
    stamps: tuple[str, ...]
    clipart: tuple[str, ...]
    emoji: tuple[str, ...]


def entries() -> list[Entry]:
    """All rows of the table, in order."""
    rows = []
    for line in TABLE.strip().splitlines():
        name, category, *words = [part.strip() for part in line.split(";")]
        rows.append(Entry(name, category, *(tuple(w.strip() for w in text.split(",")) for text in words)))
    return rows


def more_words() -> tuple[dict[str, str], dict[str, str]]:
    """What the extra sources are searched for: file name -> class, and emoji -> class."""
    stems: dict[str, str] = {}
    emoji: dict[str, str] = {}
    for line in MORE_TABLE.strip().splitlines():
        name, words, symbols = [part.strip() for part in line.split(";")]
        for word in [name, plural(name), *words.split(",")]:
            if word:
                stems.setdefault(word, name)
        emoji.update({symbol: name for symbol in symbols})
    return stems, emoji


def stem(name: str) -> str:
    """A file name without numbers and single letters."""
    words = [re.sub(r"\d+$", "", word) for word in plain(name).split()]
    return " ".join(word for word in words if len(word) > 1)


def pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Whole-word pattern over text in which every run of other characters became one space."""
    parts = []
    for word in words:
        stem = re.escape(word.rstrip("*").replace("_", " "))
        parts.append(stem + (r"\w*" if word.endswith("*") else r"s?"))
    return re.compile(r"\b(?:" + "|".join(parts) + r")\b")


def plain(text: str) -> str:
    """Lower case words separated by single spaces."""
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


def plural(name: str) -> str:
    """English plural of a class name."""
    irregular = {"mouse": "mice", "knife": "knives", "leaf": "leaves", "wine glass": "wine glasses", "fish": "fish",
                 "sheep": "sheep", "deer": "deer", "scissors": "scissors", "cherries": "cherries", "grapes": "grapes",
                 "glasses": "glasses", "bread": "breads", "corn": "corn"}
    if name in irregular:
        return irregular[name]
    if name.endswith(("s", "x", "ch", "sh")) or name in ("tomato",):
        return name + "es"
    if name.endswith("y") and name[-2] not in "aeiou":
        return name[:-1] + "ies"
    return name + "s"


def article(name: str) -> str:
    """The name with its indefinite article."""
    if name in ("scissors", "cherries", "grapes", "glasses", "corn", "bread", "candy", "cheese"):
        return ("some " + name)
    return ("an " if name[0] in "aeiou" else "a ") + name
