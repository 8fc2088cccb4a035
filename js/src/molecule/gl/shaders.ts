/**
 * The shaders. Data is in textures 1024 texels wide and is fetched by vertex number; there are no
 * vertex buffers. Spheres and round cones are ray-cast on quads around them, in view space: the
 * camera is at the origin and looks along -z.
 */

const HEADER =
  "#version 300 es\nprecision highp float;precision highp int;precision highp usampler2D;\n";

/** Fetching of texels by number. */
const FETCH = `
ivec2 at(int i){return ivec2(i&1023,i>>10);}
`;

/** Uniforms and functions of the vertex shaders of the geometry. */
const VERTEX = `${HEADER}
#ifdef STEPS
uniform usampler2D positions;
#else
uniform sampler2D positions;
#endif
uniform usampler2D atoms;
uniform usampler2D emphasis;
uniform mat4 view;
uniform vec3 origin,steps;
uniform vec4 frustum;
uniform float cutoff;
uniform int count;
uniform vec3 lift;
out vec3 ray;
flat out vec4 a,b;
flat out vec3 colorA,colorB;
flat out uvec2 ids;
flat out vec3 marks;
${FETCH}
const float R=1e-4;
bool known(vec3 p){return all(lessThan(abs(p),vec3(1e6)));}
vec3 fetch(uint i){
#ifdef STEPS
 uvec3 s=texelFetch(positions,at(int(i)),0).xyz;
 return s.x>65534u?vec3(1e9):origin+steps*vec3(s);
#else
 return texelFetch(positions,at(int(i)),0).xyz;
#endif
}
vec3 seen(vec3 p){return (view*vec4(p,1.)).xyz;}
vec3 colorOf(uvec2 s){
 vec3 c=vec3(s.x&255u,s.x>>8&255u,s.x>>16&255u)/255.;
 /* Only dark colors: the others would lose their hue. */
 return (s.x>>24&4u)>0u&&max(c.r,max(c.g,c.b))<.6?max(c,lift):c;
}
vec4 clip(vec3 p){
 return vec4(p.x/frustum.x,p.y/frustum.y,frustum.z*p.z+frustum.w,-p.z);
}
void none(){gl_Position=vec4(2.,2.,2.,1.);ray=vec3(0.);}
float wide(vec3 c,float r){float d=dot(c,c);return r*sqrt(d/max(d-r*r,d*.01));}
/* A quad at the distance of the middle that covers both spheres and what is between them. */
void cover(vec4 p,vec4 q,int corner){
 a=p;b=q;
 vec3 middle=(p.xyz+q.xyz)*.5;
 float d=length(middle);
 vec3 n=middle/d;
 float dp=dot(p.xyz,n),dq=dot(q.xyz,n);
 if(min(dp,dq)<d*.02||d<1e-4){none();return;}
 vec3 p1=p.xyz*(d/dp),q1=q.xyz*(d/dq);
 float rp=wide(p.xyz,p.w)*d/dp,rq=wide(q.xyz,q.w)*d/dq;
 vec3 u=q1-p1;
 if(dot(u,u)<1e-9)u=cross(n,abs(n.y)<.9?vec3(0,1,0):vec3(1,0,0));
 u=normalize(u);
 vec3 v=cross(n,u)*max(rp,rq);
 vec3 end=(corner&1)==0?p1-u*rp:q1+u*rq;
 ray=end+((corner&2)==0?-v:v);
 gl_Position=clip(ray);
}
int corner(){int k=gl_VertexID%6;return k>2?k-2:k;}
`;

/** What the fragment shaders of the geometry write. */
const FRAGMENT = `${HEADER}
uniform vec4 frustum;
in vec3 ray;
flat in vec4 a,b;
flat in vec3 colorA,colorB;
flat in uvec2 ids;
flat in vec3 marks;
layout(location=0) out vec4 albedo;
layout(location=1) out vec4 normal;
layout(location=2) out uint id;
void write(vec3 hit,vec3 n,vec3 color,uint number,float mark){
 float w=-hit.z;
 gl_FragDepth=.5+.5*(frustum.z*hit.z+frustum.w)/w;
 albedo=vec4(color,marks.z);
 normal=vec4(n*.5+.5,mark);
 id=number;
}
`;

export const SPHERE_VERTEX = `${VERTEX}
void main(){
 int i=gl_VertexID/6;
 uvec2 s=texelFetch(atoms,at(i),0).xy;
 vec3 p=fetch(uint(i));
 float r=float(s.y&65535u)*R;
 if((s.x>>24&1u)==0u||r==0.||!known(p)){none();return;}
 colorA=colorB=colorOf(s);
 ids=uvec2(uint(i)+1u);
 float mark=float(texelFetch(emphasis,at(i),0).x);
 marks=vec3(mark,mark,1.);
 vec3 c=seen(p);
 if(dot(c,c)<r*r*1.02||c.z>-r){none();return;}
 cover(vec4(c,r),vec4(c,r),corner());
}
`;

export const SPHERE_FRAGMENT = `${FRAGMENT}
void main(){
 vec3 d=normalize(ray);
 float along=dot(d,a.xyz);
 vec3 away=a.xyz-d*along;
 float rest=a.w*a.w-dot(away,away);
 if(rest<0.)discard;
 float half_=sqrt(rest);
 write(d*(along-half_),(-away-d*half_)/a.w,colorA,ids.x,marks.x/3.);
}
`;

export const BOND_VERTEX = `${VERTEX}
uniform usampler2D bonds;
void main(){
 uvec3 s=texelFetch(bonds,at(gl_VertexID/6),0).xyz;
 if(max(s.x,s.y)>=uint(count)){none();return;}
 vec3 p=fetch(s.x),q=fetch(s.y);
 if(!known(p)||!known(q)||distance(p,q)>cutoff){none();return;}
 float r=float(s.z&65535u)*R;
 colorA=colorOf(texelFetch(atoms,at(int(s.x)),0).xy);
 colorB=colorOf(texelFetch(atoms,at(int(s.y)),0).xy);
 ids=s.xy+1u;
 marks=vec3(texelFetch(emphasis,at(int(s.x)),0).x,texelFetch(emphasis,at(int(s.y)),0).x,1.);
 cover(vec4(seen(p),r),vec4(seen(q),r),corner());
}
`;

/** Pieces of a tube: each segment is a Catmull-Rom curve, cut into `PIECES`. */
export const PIECES = 8;
export const TUBE_VERTEX = `${VERTEX}
uniform usampler2D segments;
void main(){
 int i=gl_VertexID/6,k=i%${PIECES};
 i=i/${PIECES}*5;
 uint n[5];
 for(int j=0;j<5;j++)n[j]=texelFetch(segments,at(i+j),0).x;
 if(max(max(n[0],n[1]),max(n[2],n[3]))>=uint(count)){none();return;}
 vec3 p0=fetch(n[0]),p1=fetch(n[1]),p2=fetch(n[2]),p3=fetch(n[3]);
 if(!known(p1)||!known(p2)||distance(p1,p2)>max(cutoff,.9)){none();return;}
 if(!known(p0)||distance(p0,p1)>1.)p0=p1;
 if(!known(p3)||distance(p3,p2)>1.)p3=p2;
 vec3 m1=(p2-p0)*.5,m2=(p3-p1)*.5,e[2];
 for(int j=0;j<2;j++){
  float t=float(k+j)/float(${PIECES}),t2=t*t,t3=t2*t;
  e[j]=p1*(2.*t3-3.*t2+1.)+m1*(t3-2.*t2+t)+p2*(3.*t2-2.*t3)+m2*(t3-t2);
 }
 vec3 c1=colorOf(texelFetch(atoms,at(int(n[1])),0).xy),c2=colorOf(texelFetch(atoms,at(int(n[2])),0).xy);
 colorA=mix(c1,c2,float(k)/float(${PIECES}));
 colorB=mix(c1,c2,float(k+1)/float(${PIECES}));
 bool first=k*2<${PIECES};
 uint nearer=first?n[1]:n[2];
 ids=uvec2(nearer+1u);
 float mark=float(texelFetch(emphasis,at(int(nearer)),0).x);
 marks=vec3(mark,mark,1.);
 float r=float(n[4]&65535u)*R;
 cover(vec4(seen(e[0]),r),vec4(seen(e[1]),r),corner());
}
`;

export const SHAPE_VERTEX = `${VERTEX}
uniform sampler2D shapes;
uniform float pixel,near;
void main(){
 int i=gl_VertexID/6*3;
 vec4 p=texelFetch(shapes,at(i),0),q=texelFetch(shapes,at(i+1),0),c=texelFetch(shapes,at(i+2),0);
 colorA=colorB=c.rgb;
 ids=uvec2(0u);
 marks=vec3(0.,0.,c.a);
 vec3 e=seen(p.xyz),f=seen(q.xyz);
 /* The part behind the camera is cut off. */
 if(e.z>-near&&f.z>-near){none();return;}
 if(e.z>-near)e=mix(f,e,(f.z+near)/(f.z-e.z));
 if(f.z>-near)f=mix(e,f,(e.z+near)/(e.z-f.z));
 /* Lines are at least a pixel wide. */
 float line=c.a<.75?pixel:0.;
 cover(vec4(e,max(p.w,-e.z*line)),vec4(f,max(q.w,-f.z*line)),corner());
}
`;

/** A round cone: the surface that touches all spheres between `a` and `b`. */
export const CONE_FRAGMENT = `${FRAGMENT}
void main(){
 vec3 d=normalize(ray);
 /* Distances from the point of the ray that is nearest to the middle keep their precision. */
 float shift=dot(d,(a.xyz+b.xyz)*.5);
 vec3 o=d*shift-a.xyz,w=b.xyz-a.xyz;
 float k=a.w-b.w,ll=dot(w,w),n=ll-k*k,t=1e9,s=-1.;
 if(n>ll*1e-4){
  float dw=dot(d,w),ow=dot(o,w),od=dot(o,d),g=a.w*ll-k*ow;
  float qa=n*(ll-dw*dw)-k*k*dw*dw,qb=n*(ll*od-dw*ow)+g*k*dw,qc=n*(ll*dot(o,o)-ow*ow)-g*g;
  float h=qb*qb-qa*qc;
  if(h>0.&&abs(qa)>1e-12){
   float u=(-qb-sqrt(h))/qa,v=(u*dw+ow-a.w*k)/n;
   if(v>=0.&&v<=1.){t=u;s=v;}
  }
 }
 for(int e=0;e<2;e++){
  vec3 c=e==0?o:o-w;
  float r=e==0?a.w:b.w,along=dot(c,d);
  vec3 away=c-d*along;
  float rest=r*r-dot(away,away);
  if(rest>0.&&-along-sqrt(rest)<t){t=-along-sqrt(rest);s=float(e);}
 }
 if(s<0.)discard;
 vec3 hit=d*(t+shift),nn=normalize(o+d*t-w*s);
 bool first=s<.5;
#ifdef BLEND
 vec3 color=mix(colorA,colorB,s);
#else
 vec3 color=first?colorA:colorB;
#endif
 write(hit,nn,color,first?ids.x:ids.y,(first?marks.x:marks.y)/3.);
}
`;

/** A triangle that covers the picture. */
export const SCREEN_VERTEX = `${HEADER}
out vec2 uv;
void main(){
 vec2 p=vec2(gl_VertexID==1?3.:-1.,gl_VertexID==2?3.:-1.);
 uv=p*.5+.5;
 gl_Position=vec4(p,0.,1.);
}
`;

const DEPTH = `
uniform sampler2D depths;
uniform vec4 frustum;
float away(float z){return frustum.w/(frustum.z-1.+2.*z);}
`;

/** How much of the surroundings of each point is covered by nearer surfaces, at half resolution. */
export const OCCLUSION_FRAGMENT = `${HEADER}
uniform sampler2D normals;
uniform float reach;
in vec2 uv;
out vec4 result;
${DEPTH}
vec3 point(vec2 p){
 float z=away(texture(depths,p).x);
 return vec3((p*2.-1.)*frustum.xy*z,-z);
}
void main(){
 vec3 p=point(uv),n=texture(normals,uv).xyz*2.-1.;
 if(texture(depths,uv).x>=1.){result=vec4(1.);return;}
 float turn=fract(52.98*fract(dot(gl_FragCoord.xy,vec2(.0671,.00584))))*6.2832,sum=0.;
 vec2 size=reach/(-p.z*frustum.xy)*.5;
 for(int i=0;i<12;i++){
  float r=sqrt((float(i)+.5)/12.),t=turn+float(i)*2.4;
  vec3 v=point(uv+vec2(cos(t),sin(t))*r*size)-p;
  float l=dot(v,v)+1e-6;
  sum+=max(0.,dot(v,n)*inversesqrt(l)-.12)*max(0.,1.-l/(reach*reach));
 }
 float z=-p.z;
 result=vec4(clamp(1.-sum/12.*2.6,0.,1.),0.,0.,1.);
}
`;

/** Removes the noise of the occlusion; edges stay sharp. */
export const BLUR_FRAGMENT = `${HEADER}
uniform sampler2D source;
uniform float reach;
in vec2 uv;
out vec4 result;
${DEPTH}
void main(){
 vec2 px=1./vec2(textureSize(source,0));
 float z=away(texture(depths,uv).x),sum=0.,total=0.;
 for(int i=0;i<16;i++){
  vec2 p=uv+(vec2(i&3,i>>2)-1.5)*px;
  float w=max(.001,1.-abs(away(texture(depths,p).x)-z)/(reach*.4));
  sum+=texture(source,p).x*w;total+=w;
 }
 result=vec4(sum/total);
}
`;

/** Light, occlusion, outlines, depth cue and emphasis. */
export const COMPOSE_FRAGMENT = `${HEADER}
uniform sampler2D albedos,normals,occlusion;
uniform vec3 background,accent;
uniform vec4 options;
uniform vec3 cue;
in vec2 uv;
out vec4 result;
${DEPTH}
void main(){
 ivec2 p=ivec2(gl_FragCoord.xy),edge=textureSize(depths,0)-1;
 float raw=texelFetch(depths,p,0).x,z=away(raw);
 vec4 base=texelFetch(albedos,p,0),nm=texelFetch(normals,p,0);
 int step_=int(options.y);
 float behind=0.;
 bool isNear=false;
 bool chosen=nm.w>.2&&nm.w<.5;
 for(int i=0;i<8;i++){
  ivec2 o=ivec2(i<3?-1:i<5?0:1,i==0||i==3||i==5?-1:i==1||i==6?0:1)*step_;
  ivec2 q=clamp(p+o,ivec2(0),edge);
  float m=texelFetch(normals,q,0).w;
  if(!chosen&&m>.2&&m<.5)isNear=true;
  /* Corners count less, so that diagonal lines are as wide as others. */
  behind=max(behind,(away(texelFetch(depths,q,0).x)-z)*(i==1||i==3||i==4||i==6?1.:.6));
 }
 if(raw>=1.){
  vec3 c=isNear?accent:background;
  float alpha=isNear?1.:options.w;
  result=vec4(c*alpha,alpha);
  return;
 }
 vec3 n=nm.xyz*2.-1.,c=base.rgb;
 if(base.a>.75){
  float sky=n.y*.5+.5;
  float key=max(0.,dot(n,vec3(-.36,.48,.8)));
  float shade=texture(occlusion,uv).x;
  shade=mix(1.,shade,options.x);
  vec3 lit=c*(mix(.5,.72,sky)*shade+.42*key*mix(.55,1.,shade));
  lit+=.16*pow(max(0.,dot(n,normalize(vec3(-.25,.4,1.)))),24.)*shade;
  if(chosen)lit=mix(lit,accent,.45+.3*(1.-max(0.,n.z)));
  if(nm.w>.5)lit=lit*1.12+.1;
  c=lit;
  if(options.z>0.){
   float line=smoothstep(cue.z*.6,cue.z*1.6,behind)*options.z;
   c*=1.-.5*line;
  }
 }
 if(isNear)c=mix(c,accent,.8);
 float fog=smoothstep(cue.x,cue.y,z)*.62;
 c=mix(c,background,fog*options.w);
 result=vec4(clamp(c,0.,1.),1.);
}
`;

/** Smooths edges along their direction, found from the luma of the neighbors. */
export const SMOOTH_FRAGMENT = `${HEADER}
uniform sampler2D source;
uniform float strength;
in vec2 uv;
out vec4 result;
float luma(vec4 c){return dot(c.rgb,vec3(.299,.587,.114))+c.a*.05;}
void main(){
 vec2 px=1./vec2(textureSize(source,0));
 vec4 m=texture(source,uv);
 if(strength<.5){result=m;return;}
 float nw=luma(texture(source,uv-px)),se=luma(texture(source,uv+px));
 float ne=luma(texture(source,uv+px*vec2(1,-1))),sw=luma(texture(source,uv+px*vec2(-1,1)));
 float c=luma(m),low=min(c,min(min(nw,ne),min(sw,se))),high=max(c,max(max(nw,ne),max(sw,se)));
 if(high-low<max(.03,high*.1)){result=m;return;}
 vec2 d=vec2(sw+se-nw-ne,nw+sw-ne-se);
 d*=1./(min(abs(d.x),abs(d.y))+max((nw+ne+sw+se)*.03,.008));
 d=clamp(d,-8.,8.)*px;
 vec4 near=.5*(texture(source,uv-d/6.)+texture(source,uv+d/6.));
 vec4 far=.5*near+.25*(texture(source,uv-d*.5)+texture(source,uv+d*.5));
 float l=luma(far);
 result=l<low||l>high?near:far;
}
`;
